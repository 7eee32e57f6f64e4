# SPDX-License-Identifier: LGPL-2.1-or-later
# A CoW fork lives in memory only: nothing of it can be damaged on a device. What can be is the other half of it, its
# records in the refcountbt; a scrub of the fork finds that they disagree. Linux 7.2 cannot mend that: a repair shuts the
# filesystem down. So the person is told, nothing is tried, and the filesystem stays up.
in_background
fs full
mount_fs
structure 'CoW fork' bmapbtc '/copy cowfork'
head -c 400000 /dev/zero >"$MNT/original"
cp --reflink=always "$MNT/original" "$MNT/copy"
sync
xfs_io -x -c 'cowextsize 1m' "$MNT/copy"
heal
xfs_io -c 'pwrite -q 0 4096' -c fsync "$MNT/copy"
exec 8<"$MNT/copy"  # or its CoW fork would go
group=$(($(stat -c %i "$MNT/original") >> 17))
edit_mounted "agf $group" 'addr refcntroot' 'write -d recs[2].blockcount 50'
scrub bmapbtc copy
expect_log "$MNT/copy cowfork: corrupt"
no_repair() { (($(repairs bmapbtc) == 0)); }
always 75 no_repair  # longer than the minute in which the scrub that found it may repair it
refuse_log 'shut down'
alive || fail 'the healer is gone'
exec 8<&-
umount "$MNT"
expect_end "$END_LIMIT"
