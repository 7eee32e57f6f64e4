# SPDX-License-Identifier: LGPL-2.1-or-later
# The mount is moved to another path while the healer runs: it heals there, and names the new path.
fs full
mount_fs
make_dir d 200
damage_dir d
heal
mkdir /mnt/elsewhere
mount --move "$MNT" /mnt/elsewhere
ls /mnt/elsewhere/d >/dev/null 2>&1 || true
expect_log "/mnt/elsewhere/d directory: Repairs successful."
expect_repairs directory 1 2
old=$MNT
MNT=/mnt/elsewhere
umount_fs
expect_end "$END_LIMIT"
expect_log "$old: filesystem unmounted"
MNT=$old
expect_clean
