# SPDX-License-Identifier: LGPL-2.1-or-later
# The filesystem is moved away and another one, damaged in the same way, is mounted in its place: the stranger is never
# repaired, the right one is.
fs full
damage_ag 1 bnobt
heal
mkdir /mnt/elsewhere
mount --move "$MNT" /mnt/elsewhere
use stranger
fs full -L stranger
damage_ag 1 bnobt
mount_fs /mnt/fs
xfs_io -x -c 'scrub bnobt 1' /mnt/fs /mnt/elsewhere >/dev/null || true
use fs
expect_log_like ' agno 0x1 bnobt: Repairs successful\.$'
expect_repairs bnobt 1 2  # and none on the stranger: it is not named
unmount /mnt/elsewhere
expect_end "$END_LIMIT"
unmount /mnt/fs
expect_clean
use stranger
refuse xfs_repair -n "$DEV"
