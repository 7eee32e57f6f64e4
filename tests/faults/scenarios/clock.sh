# SPDX-License-Identifier: LGPL-2.1-or-later
# The clock is set back by an hour, and forward again, while the healer waits: it goes on as before, heals what comes, and does not spin.
alone
lasts 600
fs full
damage_ag 1 bnobt
damage_ag 2 bnobt
damage_ag 3 bnobt
repairs_vary
heal
# No word that waits is used while the clock is wrong: they look at it.
soon() {
	local turn
	for ((turn = 0; turn < 300; turn++)); do
		! grep -Fxq -- "$1" "$LOG" || return 0
		pause 0.2
	done
	return 1
}
used() { awk '{ print $14 + $15 }' "/proc/$PID/stat"; }
results=
before=$(used)
date -s "@$(($(date +%s) - 3600))" >/dev/null
touch_ag 1 bnobt
soon "$MNT agno 0x1 bnobt: Repairs successful." && results+=back
pause 10
touch_ag 2 bnobt
soon "$MNT agno 0x2 bnobt: Repairs successful." && results+=,paused
date -s "@$(($(date +%s) + 3600))" >/dev/null
touch_ag 3 bnobt
soon "$MNT agno 0x3 bnobt: Repairs successful." && results+=,forward
pause 10
ticks=$(($(used) - before))
measure clock "results=$results" "processor time=$((ticks * 10)) ms"
expect [ "$results" = back,paused,forward ]
expect [ "$ticks" -lt "$(slowly 200)" ]
clean
