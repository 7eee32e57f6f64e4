# SPDX-License-Identifier: LGPL-2.1-or-later
# The free-space btree of a filesystem without reverse mappings cannot be rebuilt. Touched once and left alone, it costs at
# most 3 calls and one full scrub in two minutes; the mount is not held, and the person is told. 7.2.0 never stops.
in_background
real_xfs_scrub
fs plain
damage_ag 1 bnobt
heal
touch_ag 1 bnobt
expect_log "$MNT agno 0x1 bnobt: Repair unsuccessful; offline repair required."
at_most_3_calls_and_one_scrub() { (($(repairs) <= 3 && $(full_scrubs) <= 1)); }
always 120 at_most_3_calls_and_one_scrub
expect_full_scrubs 1
full_scrub_ends
expect_log_like "^$MNT agno 0x1 bnobt: offline repair needed: "
measure 'Unrepairable, touched once, 2 minutes' "repair calls=$(repairs)" "full scrubs=$(full_scrubs)" "lines=$(wc -l <"$LOG")"
expect_repairs bnobt "$(repairs)"
unmount "$MNT"
expect_end 1
