# SPDX-License-Identifier: LGPL-2.1-or-later
# A full scrub would repair a bad CoW fork, which shuts the filesystem down. While one is known none is started, here the
# real xfs_scrub, whatever else it is wanted for; that is said, and the filesystem stays up.
in_background
real_xfs_scrub
fs full
repairs_vary
mount_fs
make_copy
for dir in d e; do make_dir "$dir" 200; done
for dir in d e; do damage_dir "$dir"; done
heal
damage_cow_fork
expect_log "$MNT/copy cowfork: corrupt"
for dir in d e; do touch_dir "$dir"; done
expect_log_like "^$MNT/. directory: Repair unsuccessful; offline repair required\.\$"
expect_err "$MNT: no full scrub is started, because it would shut the filesystem down"
expect_log_like "^$MNT/. directory: offline repair needed: the kernel could not repair it\$"
expect stat "$MNT"
refuse_log 'shut down'
alive || fail 'the healer is gone'
exec 8<&-
unmount "$MNT"
expect_end "$END_LIMIT"
