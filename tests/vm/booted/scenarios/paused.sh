# SPDX-License-Identifier: LGPL-2.1-or-later
# The whole machine stands still for longer than the watchdog waits, one healer beside that with a report that it has not read. Each is
# started again at most once, nothing is forgotten, and there is no full scrub for that alone.
alone  # the clocks of all others jump, too
quietly() { expect [ "$(property NRestarts)" -le 1 ]; refuse wrong; }
wrong() { journal_here | grep "$MNT.*\(full scrub\|offline\|Full repairs\)"; }
for name in calm busy; do
	use "$name"
	fs full
	damage_ag 1 bnobt
	adjust RestartSec=1s WatchdogSec=10s
	mounted
done
stopped=$(main_pid)
kill -STOP "$stopped"
touch_ag 1 bnobt
machine_stops 15
kill -CONT "$stopped" 2>/dev/null || true  # if the watchdog has not ended it
expect_journal notice "$MNT agno 0x1 bnobt: Repairs successful."
use calm
touch_ag 1 bnobt
expect_journal notice "$MNT agno 0x1 bnobt: Repairs successful."
pause 12
for name in calm busy; do
	use "$name"
	expect_property ActiveState active
	expect_repairs bnobt 1
	quietly
	unmounted
	expect_clean
done
