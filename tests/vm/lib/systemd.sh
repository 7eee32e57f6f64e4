# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A real systemd, as manager of a container, that only this scenario sees.

# systemd_runs: starts it. Programs find the real systemctl from here on, not the one that records full scrubs; it listens only
# to processes that it can see, so that systemctl joins its namespace. What is mounted and unmounted later is so for its services
# too, as on a machine.
systemd_runs() {
	local manager
	mkdir -p /run/systemd "$HERE/bin"
	mount -t tmpfs tmpfs /run/systemd
	mount -t cgroup2 cgroup2 /sys/fs/cgroup
	mount --make-rshared /
	container=test unshare --cgroup --pid --fork --kill-child --mount-proc --propagation slave \
		/usr/lib/systemd/systemd --unit=sysinit.target --log-target=null --show-status=no >/dev/null 2>&1 </dev/null &
	eventually "$PATIENCE" pgrep -P $!
	manager=$(pgrep -P $!)
	: >"$HERE/pidns"  # a place that needs no privilege to be looked at, as the manager's /proc/PID/ns does
	mount --bind "/proc/$manager/ns/pid" "$HERE/pidns"
	printf '#!/bin/bash\nexec nsenter --pid=%q -- /usr/bin/systemctl "$@"\n' "$HERE/pidns" >"$HERE/bin/systemctl"
	chmod +x "$HERE/bin/systemctl"
	PATH=$HERE/bin:$PATH
	eventually "$PATIENCE" systemctl --no-pager list-units
}

# unit NAME LINE...: makes a unit of these lines, or what is added to one, known to it.
unit() {
	mkdir -p "$(dirname "/run/systemd/system/$1")"
	printf '%s\n' "${@:2}" >"/run/systemd/system/$1"
	systemctl daemon-reload
}

# our_units: those that we ship, with our program where they look for it.
our_units() {
	mount --bind "$HEALER" "$C_HEALER"
	cp /vm/units/* /run/systemd/system/
	systemctl daemon-reload
}

# property NAME: of the unit of the filesystem that is spoken of.
property() { systemctl show --value --property="$1" "xfs_healer@mnt-$FS.service"; }
is_property() {
	local is
	is=$(property "$1")
	[[ $is == "$2" ]] || { echo "$FS: $1 is $is" >&2; false; }
}

# expect_property NAME VALUE: soon.
expect_property() { eventually "$PATIENCE" is_property "$@"; }

# expect_status FOUND HEALED LEFT: systemctl status tells that, soon.
expect_status() {
	expect_property StatusText "Damaged structures: $1 found, $2 healed, $3 left; reports lost: 0."
	systemctl --no-pager status "xfs_healer@mnt-$FS.service" >"$HERE/$FS.status" || true  # its exit code is about other things
	expect grep -Fq "Status: \"$(property StatusText)\"" "$HERE/$FS.status"
}

# unit_heals [LINE...]: its unit is started, with its words where scenarios look for them; waits for systemctl alone.
unit_heals() {
	mount_fs
	: >"$LOG"
	: >"$ERR"
	unit "xfs_healer@mnt-$FS.service.d/test.conf" '[Unit]' DefaultDependencies=no '[Service]' "StandardOutput=append:$LOG" \
		"StandardError=append:$ERR" RestartSec=1s "$@"
	systemctl start "xfs_healer@mnt-$FS.service" || fail "not started: $(property Result)"
}
