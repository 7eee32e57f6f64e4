# SPDX-License-Identifier: LGPL-2.1-or-later
# A damaged symlink is deleted between the report and the repair: there is nothing to repair and nothing to be sorry for.
fs full
mount_fs
make_symlink s
damage_symlink s
heal
kill -STOP "$PID"
touch_symlink s
rm "$MNT/s"
xfs_io -c syncfs "$MNT"
kill -CONT "$PID"
expect_repairs symlink 1 1
expect_full_scrubs 0
expect_log_like ' symlink: does not exist any more; nothing to repair\.$'
refuse_log 'offline repair'
clean
