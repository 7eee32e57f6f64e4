# SPDX-License-Identifier: LGPL-2.1-or-later
# The kernel repairs a bad CoW fork, and the filesystem stays up. The healer only watches: it never makes this repair
# (is_left_alone in src/plan/defects.rs), and may do so on a kernel that passes.
fs full
mount_fs
make_copy
heal
damage_cow_fork
expect_log "$MNT/copy cowfork: corrupt"
not_yet 'the repair shuts the filesystem down on Linux 7.0 to 7.3, at once or at the unmount (fs/xfs/scrub/cow_repair.c)'
xfs_io -x -c 'repair bmapbtc' "$MNT/copy"
expect touch "$MNT/usable"
exec 8<&-
unmount "$MNT"
expect xfs_repair -n "$DEV"
