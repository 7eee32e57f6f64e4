# SPDX-License-Identifier: LGPL-2.1-or-later
# The same while a directory is damaged: to rebuild it the kernel loads every inode. So the directory waits until it is known
# which must not be loaded, and then it is left alone.
in_background
fs full
mount_fs
make_dir d 200
damage_dir d
bad_links
heal
touch_dir d
says_bad_links
expect_log_like "^$MNT/d directory: offline repair needed: a repair [a-z]+ load an inode that shuts the filesystem down"
alive || fail 'the healer is gone'
kill -TERM "$PID"
expect_end "$END_LIMIT"
expect_bad_links_whole
