# SPDX-License-Identifier: LGPL-2.1-or-later
# Under the unit that we ship xfs_healer_start feeds the watchdog, though it has nothing else to do; when it stands still it is ended
# and comes back.
[[ $HEALER != "$C_HEALER" ]] || skip 'what 7.2.0 does under our unit is not the question'
expect grep -q '^WatchdogSec=' /vm/units/xfs_healer_start.service
systemd_runs
our_units
mount --bind "$STARTER" "$C_STARTER"
unit=xfs_healer_start.service
watchdog=$(slowly 5)
unit "$unit.d/test.conf" '[Unit]' DefaultDependencies=no '[Service]' "WatchdogSec=$watchdog" RestartSec=1s
of_starter() { systemctl show --value --property="$1" "$unit"; }
is_so() { [[ $(of_starter "$1") == "$2" ]]; }
systemctl start "$unit" || fail "not started: $(of_starter Result)"
first=$(of_starter MainPID)
pause $((3 * watchdog))
expect is_so ActiveState active
expect is_so NRestarts 0
expect is_so MainPID "$first"
kill -STOP "$(pgrep -fx "$C_STARTER")"
eventually $((PATIENCE + 3 * watchdog)) is_so NRestarts 1
eventually "$PATIENCE" is_so ActiveState active
refuse is_so MainPID "$first"
