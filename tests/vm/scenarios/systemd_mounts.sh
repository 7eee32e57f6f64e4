# SPDX-License-Identifier: LGPL-2.1-or-later
# Under the unit that we ship the healer repairs through each mount of its filesystem that was there before it, whichever is left.
[[ $HEALER != "$C_HEALER" ]] || skip 'what 7.2.0 does under our unit is not the question'
fs full
damage_ag 1 bnobt
systemd_runs
our_units
mount_fs
mkdir '/mnt/a $HOME'
mount --bind "$MNT" '/mnt/a $HOME'
unit_heals
expect_log "$MNT: monitoring started"
unmount "$MNT"
MNT='/mnt/a $HOME' touch_ag 1 bnobt
expect_log_like ' agno 0x1 bnobt: Repairs successful\.$'
expect_repairs bnobt 1
unmount '/mnt/a $HOME'
expect_property ActiveState inactive
expect is_property Result success
expect_clean

# A path with what systemd takes for a variable is a path.
MNT='/mnt/a $HOME' mount_fs '/mnt/a $HOME'
unit=$("$HEALER" --svcname '/mnt/a $HOME')
systemctl start "$unit"
[[ $(systemctl show --value --property=ActiveState "$unit") == active ]] || fail 'not started'
umount_again() { umount '/mnt/a $HOME'; }
eventually "$PATIENCE" umount_again
