# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The healer of all filesystems as a service of something else than systemd, from the files that we ship.

# services_run: our program is where these files look for it; what they give to logger(1) is the log. A filesystem is damaged,
# and not mounted yet.
services_run() {
	[[ $HEALER != "$C_HEALER" ]] || skip '7.2.0 has no process for all mounts'
	mount --bind "$HEALER" "$C_HEALER"
	printf '#!/bin/bash\n[[ $* == "-t xfs_healer -p daemon."* ]] && exec cat >>%q\n' "$LOG" >"$HERE/logger"
	chmod +x "$HERE/logger"
	mount --bind "$HERE/logger" /usr/bin/logger  # some have a PATH of their own
	: >"$LOG"
	: >"$ERR"
	fs full
	damage_ag 1 bnobt
	damage_ag 2 bnobt
}

service_pid() { pgrep -fx "$C_HEALER --all"; }
service_ended() { ! service_pid; }
service_monitors() { (($(grep -Fxc "$MNT: monitoring started" "$LOG" || true) == $1)); }

# service_heals: what is mounted while it runs, and after it was killed.
service_heals() {
	eventually "$PATIENCE" service_pid
	mount_fs
	eventually "$PATIENCE" service_monitors 1
	touch_ag 1 bnobt
	expect_log "$MNT agno 0x1 bnobt: Repairs successful."
	kill -KILL "$(service_pid)"
	eventually "$PATIENCE" service_monitors 2
	touch_ag 2 bnobt
	expect_log "$MNT agno 0x2 bnobt: Repairs successful."
	expect_repairs bnobt 2
}

# service_stops COMMAND...: that ends the process, and lets go of the filesystem.
service_stops() {
	"$@" >"$HERE/stop" 2>&1 || fail "$* says: $(tail -n 3 "$HERE/stop")"
	eventually "$PATIENCE" service_ended
	pause 2
	expect service_ended
	umount_fs
	expect_clean
}

# service_is_patient COMMAND...: started by that where the program cannot run, it is not tried each second.
service_is_patient() {
	printf '#!/bin/bash\necho start >>%q\nexit 1\n' "$HERE/starts" >"$HERE/refuses"
	chmod +x "$HERE/refuses"
	umount "$C_HEALER"
	mount --bind "$HERE/refuses" "$C_HEALER"
	"$@"
	eventually "$PATIENCE" [ -s "$HERE/starts" ]
	pause 4
	expect [ "$(wc -l <"$HERE/starts")" = 1 ]
}
