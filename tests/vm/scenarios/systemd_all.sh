# SPDX-License-Identifier: LGPL-2.1-or-later
# As a service that notifies, one process for all is active when it watches what is mounted, feeds the watchdog also while it
# opens what is mounted later, and tells of all filesystems in its status. It spends no time on waiting.
[[ $HEALER != "$C_HEALER" ]] || skip 'xfs_healer 7.2.0 has no --all'
fs full
damage_ag 1 bnobt
mount_fs
systemd_runs
watchdog=$(slowly 2)
: >"$LOG"
unit all.service '[Unit]' DefaultDependencies=no '[Service]' Type=notify NotifyAccess=main "WatchdogSec=$((watchdog + 2))s" \
	"ExecStart=$HEALER --all" "StandardOutput=append:$LOG"
systemctl start all.service || fail 'not started'
expect grep -Fxq "$MNT: monitoring started" "$LOG"
touch_ag 1 bnobt
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
expect_repairs bnobt 1

use late
fs full
for i in 1 2 3; do
	mount_fs
	pause "$watchdog"
	unmount "$MNT"
done
status() { [[ $(systemctl show --value --property=StatusText all.service) == 'Damaged structures: 1 found, 1 healed, 0 left; reports lost: 0.' ]]; }
eventually "$PATIENCE" status
expect [ "$(systemctl show --value --property=NRestarts all.service)" = 0 ]
pid=$(pgrep -fx "$HEALER --all")
cpu() { awk '{ print $14 + $15 }' "/proc/$pid/stat"; }
before=$(cpu)
pause 10
(($(cpu) - before < $(slowly 100))) || fail "$(($(cpu) - before)) hundredths of a second in 10 s of rest"
systemctl stop all.service
expect [ "$(systemctl show --value --property=Result all.service)" = success ]
use fs
expect_clean
