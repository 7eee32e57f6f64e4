# SPDX-License-Identifier: LGPL-2.1-or-later
# A btree of each of three AGs is damaged, and what it would be rebuilt from cannot be read: every repair fails with an I/O
# error. The third time the healer says, once, that it is the device.
in_background
real_xfs_scrub
fs full
ranges=()
for ag in 1 2 3; do
	damage_ag "$ag" bnobt
	ranges+=("$(xfs_db -r -c "agf $ag" -c 'addr rmaproot' -c daddr "$DEV" | awk '{ print $NF }')" 8)
done
on_mapper
heal
forget
broken "${ranges[@]}"
for ag in 1 2 3; do touch_ag "$ag" bnobt; done
expect_err "$MNT: repairs of different structures fail with I/O errors; the device is the likely cause"
for ag in 1 2 3; do
	PATIENCE=150 expect_log "$MNT agno 0x$ag bnobt: offline repair needed: the device failed during the repair"
done
expect [ "$(how_many 'likely cause' "$ERR")" = 1 ]
expect [ "$(repairs bnobt)" -le 9 ]
expect_repairs bnobt "$(repairs bnobt)"
# The full scrub comes to the btrees that cannot be read, and these are tried, too.
for ag in 1 2 3; do PATIENCE=150 expect_log_like "^$MNT agno 0x$ag rmapbt: offline repair needed: "; done
expect [ "$(repairs rmapbt)" -le 9 ]
expect_repairs rmapbt "$(repairs rmapbt)"
expect_full_scrubs 1
full_scrub_ends
unmount "$MNT"
expect_end "$END_LIMIT"
