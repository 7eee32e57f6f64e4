# SPDX-License-Identifier: LGPL-2.1-or-later
# Under the unit that we ship fserrord watches what is mounted before and after its start, with two capabilities: without the one it
# cannot watch, without the other it finds no path.
systemd_runs
our_units
program=/usr/libexec/xfsprogs/fserrord unit=fserrord.service
: >"$program"
mount --bind "$FSERRORD" "$program"
ERRORS_LOG=$HERE/fserrord.log ERRORS_ERR=$HERE/fserrord.err
# runs LINE...: the unit, with these lines more.
runs() {
	systemctl stop "$unit" || true
	: >"$ERRORS_LOG"
	: >"$ERRORS_ERR"
	unit "$unit.d/test.conf" '[Unit]' DefaultDependencies=no '[Service]' "StandardOutput=append:$ERRORS_LOG" \
		"StandardError=append:$ERRORS_ERR" Restart=no "$@"
	systemctl start "$unit" || return 1
	ERRORS_PID=$(pgrep -fx "$program") || fail "fserrord is not there: $(head -n 1 "$ERRORS_ERR")"
}
fs plain
mount_fs
for name in f g; do seq 100000 >"$MNT/$name"; done
runs
# It is ready once what was mounted is watched.
expect fserrord_said "$MNT: xfs: watched for errors of metadata and of file data"
for set in CapEff CapPrm CapBnd; do expect grep -Eq "^$set:\s*0000000000200004\$" "/proc/$ERRORS_PID/status"; done
read_nowhere "$MNT/f" 1
fserrord_says "$MNT/f: filesystem error: Bad address"
use late
fs plain
mount_fs
fserrord_says "$MNT: xfs: watched for errors of metadata and of file data"
seq 100000 >"$MNT/f"
read_nowhere "$MNT/f" 1
fserrord_says "$MNT/f: filesystem error: Bad address"
systemctl reload "$unit"
unmount "$MNT"
use fs
runs CapabilityBoundingSet= CapabilityBoundingSet=CAP_SYS_ADMIN
fserrord_says "$MNT: xfs: watched for errors of metadata and of file data"
read_nowhere "$MNT/g" 1
fserrord_says_like "^$MNT ino [0-9]+ gen 0x[0-9a-f]+: filesystem error: Bad address$"
refuse runs CapabilityBoundingSet= CapabilityBoundingSet=CAP_DAC_READ_SEARCH
fserrord_complains 'fanotify_mark: Operation not permitted'
systemctl stop "$unit"
unmount "$MNT"
