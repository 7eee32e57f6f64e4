# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A real systemd, as manager of a container, that only this scenario sees.

# systemd_runs: starts it. Programs find the real systemctl from here on, not the one that records full scrubs; it listens only
# to processes that it can see, so that systemctl joins its namespace.
systemd_runs() {
	local manager
	mkdir -p /run/systemd "$HERE/bin"
	mount -t tmpfs tmpfs /run/systemd
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	container=test unshare --cgroup --pid --fork --kill-child --mount-proc \
		/usr/lib/systemd/systemd --unit=sysinit.target --log-target=null --show-status=no >/dev/null 2>&1 </dev/null &
	eventually "$PATIENCE" pgrep -P $!
	manager=$(pgrep -P $!)
	printf '#!/bin/bash\nexec nsenter --target %d --pid -- /usr/bin/systemctl "$@"\n' "$manager" >"$HERE/bin/systemctl"
	chmod +x "$HERE/bin/systemctl"
	PATH=$HERE/bin:$PATH
	eventually "$PATIENCE" systemctl --no-pager list-units
}

# unit NAME LINE...: makes a unit of these lines known to it.
unit() {
	printf '%s\n' "${@:2}" >"/run/systemd/system/$1"
	systemctl daemon-reload
}
