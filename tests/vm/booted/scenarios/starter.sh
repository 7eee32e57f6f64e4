# SPDX-License-Identifier: LGPL-2.1-or-later
# A starter that is restarted restarts no healer, and one that is killed comes back and has missed no mount.
starter() { systemctl show --value --property="$1" xfs_healer_start.service; }
use first
fs full
mounted
first=$(main_pid)
systemctl restart xfs_healer_start.service
use second
fs full
mounted
second=$(main_pid)
kill -KILL "$(starter MainPID)"
use third
fs full
mounted
expect [ "$(starter NRestarts)" = 1 ]
use first
expect is_property MainPID "$first"
use second
expect is_property MainPID "$second"
expect [ "$(pgrep -fxc '.*/xfs_healer_start')" = 1 ]
for name in first second third; do
	use "$name"
	unmounted
done
