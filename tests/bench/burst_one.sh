# SPDX-License-Identifier: LGPL-2.1-or-later
# One damaged structure alone: how long from the look that meets it to the word that it is healed, and the system calls of that.
alone
. /vm/scenarios/burst.sh
fs full
repairs_vary

# calls_of COMMAND...: the system calls of the healer until what the command meets is healed, its log a file.
calls_of() {
	local tracer
	strace -f -qq -o "$HERE/strace" -p "$PID" &
	tracer=$!
	eventually "$PATIENCE" grep -q 'TracerPid:.*[1-9]' "/proc/$PID/status"
	COUNT=$(($(healed) + 1))
	"$@"
	eventually "$PATIENCE" all_are_healed
	pause 0.3  # not for long: a first look at the filesystem may go on
	kill -INT "$tracer"
	wait "$tracer" || true
	# Waits that had begun before are none of them.
	CALLS=$(grep -Evc 'resumed>|\+\+\+|---|restart_syscall' "$HERE/strace")
	cp "$HERE/strace" "$HERE/strace.$2.${*: -1}"
}

# one NAME DAMAGE... -- TOUCH...: once to see how long it takes, and once, the same again, for its calls.
one() {
	local name=$1 damage=()
	shift
	while [[ $1 != -- ]]; do damage+=("$1"); shift; done
	shift
	"${damage[@]}"
	heal
	eventually "$PATIENCE" still 8 news
	COUNT=1
	stopwatch
	"$@"
	BETWEEN=0.002 within "$PATIENCE" all_are_healed || fail "not healed: $name"
	measure "one $name" "latency, ms=$(elapsed)"
	dismiss
	umount "$MNT"
	"${damage[@]}"
	heal
	eventually "$PATIENCE" still 8 news
	calls_of "$@"
	measure "one $name" "system calls=$CALLS"
	dismiss
	umount "$MNT"
}
mount_fs
make_dir dir 200
umount_fs
one bnobt damage_ag 1 bnobt -- touch_ag 1 bnobt
one directory damage_dir dir 1 -- touch_dir dir
one rmapbt damage_ag 1 rmapbt -- touch_ag 1 rmapbt
