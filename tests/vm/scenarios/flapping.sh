# SPDX-License-Identifier: LGPL-2.1-or-later
# A btree is damaged anew after each repair. It is repaired at once, 10 s and 60 s after the first time; then something else
# must be wrong, and it is left alone for long.
in_background
fs full
heal
damage_anew() {
	trash_mounted 8 'agf 1' 'addr bnoroot'
	touch_ag 1 bnobt
}
said_successes() { (($(how_many -Fx "$MNT agno 0x1 bnobt: Repairs successful." "$LOG") >= $1)); }
for n in 1 2 3; do
	damage_anew
	eventually $((60 + PATIENCE)) said_successes "$n"
done
damage_anew
not_made_again() { touch_ag 1 bnobt; (($(repairs bnobt) == 3)); }
always 35 not_made_again
mapfile -t at < <(repair_times bnobt)
measure 'Damaged anew after each repair' 'repaired=at once' "again after, s=${at[1]}" "and after, s=${at[2]}" 'then=not for 35 s'
expect [ "${at[1]}" -ge $((10 - $(slowly 2))) ]  # counted from when it was handed out
expect [ "${at[2]}" -ge $((60 - $(slowly 2))) ]
refuse_log 'offline repair'
expect_repairs bnobt 3
kill -TERM "$PID"
expect_end 1
