# SPDX-License-Identifier: LGPL-2.1-or-later
# What is mounted while xfs_healer_start runs gets its service, and after an unmount again: the unit is restarted, since that
# of before may still be ending.
services
fs full
starter
expect_services
mount_fs
expect_services mnt-fs
unmount "$MNT"
mount_fs
expect_services mnt-fs mnt-fs
unmount "$MNT"
use other
fs full
mount_fs
expect_services mnt-fs mnt-fs mnt-other
end_starter
