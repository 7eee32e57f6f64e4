# SPDX-License-Identifier: LGPL-2.1-or-later
# A directory and what is in it cannot be repaired one by one, and somebody else's xfs_scrub is at work when a full scrub is
# wanted for that: it mends both, and none of ours is started.
in_background
fs -m autofsck=repair
mount_fs
: >"$MNT/one/a"  # not in the root directory, which xfs_scrub looks through with all that is in it before anything else
mkdir "$MNT/dir"
for ((i = 0; i < 40; i++)); do ln "$MNT/one/a" "$MNT/dir/$(printf '%0255d' "$i")"; done
damage_dir dir 1
trash 8 'path /one/a' 'ablock 1'
heal
eventually "$PATIENCE" still 3 news
others_scrub
touch_dir dir
expect_log "$MNT/dir directory: Repair unsuccessful; offline repair required."
expect_log "$MNT: starting a full scrub: a repair failed"
expect_log "$MNT: another xfs_scrub (pid $OTHER) is running; waiting for it."
kill -CONT "$OTHER"
PATIENCE=150 expect_log "$MNT: the other xfs_scrub has ended; ours follows if it is still wanted"
ls -R "$MNT" >/dev/null
none_of_ours() { (($(full_scrubs) == 0)); }
always 80 none_of_ours
refuse_log 'in progress|offline repair needed'
repairs_vary
unmount "$MNT"
expect_end "$END_LIMIT"
expect_full_scrubs 0
