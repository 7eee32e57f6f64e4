# SPDX-License-Identifier: LGPL-2.1-or-later
# A CoW fork lives in memory only: nothing of it can be damaged on a device. What can be is the other half of it, its
# records in the refcountbt; a scrub of the fork finds that they disagree. Linux 7.2 cannot mend that: a repair shuts the
# filesystem down. So the person is told, nothing is tried, and the filesystem stays up.
in_background
fs full
mount_fs
structure 'CoW fork' bmapbtc '/copy cowfork'
make_copy
heal
damage_cow_fork
expect_log "$MNT/copy cowfork: corrupt"
expect_log "$MNT/copy cowfork: offline repair needed: the kernel cannot repair it while this filesystem is mounted"
no_repair() { (($(repairs bmapbtc) == 0)); }
always 75 no_repair  # longer than the minute in which the scrub that found it may repair it
refuse_log 'shut down'
alive || fail 'the healer is gone'
exec 8<&-
unmount "$MNT"
expect_end "$END_LIMIT"
