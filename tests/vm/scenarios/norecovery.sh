# SPDX-License-Identifier: LGPL-2.1-or-later
# Mounted norecovery the metadata is not what it will be once the log is replayed: an inode that the crash tore, as the log
# has it whole. It is not looked at, so that nothing is told but what others come upon; a single look says that it did not.
fs full
mount_fs
chown 7 "$MNT/one/lines.ac"
xfs_io -x -c 'shutdown -f' "$MNT"  # the log is written, and nothing else
unmount "$MNT"
damage_inode one/lines.ac
mount_unrecovered() { mount -o nouuid,ro,norecovery "$DEV" "$MNT"; }

mount_unrecovered
heal
quiet() { ! grep -q ' sick' "$LOG"; }
always 10 quiet
touch_inode one/lines.ac
expect_log_like "^$MNT ino [0-9]+ gen 0x0 core: sick\$"
eventually "$PATIENCE" still 3 news
unmount "$MNT"
expect_end "$END_LIMIT"

mount_unrecovered
one_shot 8
expect_err "$MNT: mounted norecovery, so its metadata is not what it will be; not looked at"
refuse_log 'sick|damage'
unmount "$MNT"

mount_fs  # which replays the log
umount_fs
expect_clean
