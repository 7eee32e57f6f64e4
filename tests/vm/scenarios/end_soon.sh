# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem that is unmounted 0.2 s after it was mounted, again and again, is not busy more often because of us than because of
# 7.2.0: with --all, and where the starter has a healer started as the unit would. (What meets a healer that just opens it is
# chance; so one round in five is let pass.)
alone
ROUNDS=30  # emulated, one takes a second or two
fs full
mount_fs
make_dir many 3000  # to look at
umount_fs
services

# short_mounts: sets BUSY to how often umount said so.
short_mounts() {
	local i
	BUSY=0
	for ((i = 0; i < ROUNDS; i++)); do
		mount_fs
		pause 0.2
		umount "$MNT" 2>/dev/null || { BUSY=$((BUSY + 1)); BETWEEN=0.05 eventually "$PATIENCE" umount "$MNT"; }
	done
	measure 'Unmounted 0.2 s after the mount' "healer=$1" "times=$ROUNDS" "busy=$BUSY"
}

# started HEALER STARTER: the programs that a service would run, each as often as it is asked for.
started() {
	printf '#!/bin/bash\n(%q --supported %q && exec %q %q) >>%q 2>&1 &\n' "$1" "$MNT" "$1" "$MNT" "$LOG" >"$HERE/bin/systemctl"
	STARTER=$2 starter
}

started "$C_HEALER" /usr/libexec/xfsprogs/xfs_healer_start
short_mounts '7.2.0, by its starter'
theirs=$BUSY
kill -KILL "$STARTER_PID"
started "$HEALER" "$STARTER"
short_mounts 'ours, by our starter'
by_starter=$BUSY
end_starter
((by_starter <= theirs + ROUNDS / 5)) || fail "$by_starter times busy, with 7.2.0 $theirs times"
heal_all
short_mounts 'ours, --all'
((BUSY <= theirs + ROUNDS / 5)) || fail "with --all $BUSY times busy, with 7.2.0 $theirs times"
expect grep -Fxq "$MNT: monitoring started" "$ALL_LOG"
end_all
repairs_vary
