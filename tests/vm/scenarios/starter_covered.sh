# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem under another one gets its service when that other one is gone: a healer for its mount point would watch the
# wrong filesystem till then.
services
use below
fs full
mount_fs
use above
fs full
mount -o nouuid "$DEV" /mnt/below
starter
expect_services mnt-below
unmount /mnt/below
expect_services mnt-below mnt-below
mount -o nouuid "$DEV" /mnt/below
expect_services mnt-below mnt-below mnt-below
unmount /mnt/below
expect_services mnt-below mnt-below mnt-below mnt-below
end_starter
