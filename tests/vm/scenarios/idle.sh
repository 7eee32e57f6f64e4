# SPDX-License-Identifier: LGPL-2.1-or-later
# An idle healer is one thread and makes no system call for 30 s; its memory is printed beside that of the C program.
in_background
fs full
heal --debug
ours=$PID
[[ $HEALER == "$C_HEALER" ]] || eventually "$PATIENCE" grep -q ': look Deep: Complete' "$ERR"  # at leisure, so that it can take minutes
use c
fs full
HEALER=$C_HEALER heal
theirs=$PID
use fs
memory() { awk -v name="$1" -v threads="$(ls "/proc/$2/task" | wc -l)" '
	/^(Rss|Pss|Anonymous):/ { kib = kib "\t" $1 "=" $2 " KiB" }
	END { gsub(":=", "=", kib); printf "Idle\thealer=%s%s\tthreads=%d\n", name, kib, threads }' "/proc/$2/smaps_rollup"; }
one_thread() { (($(ls "/proc/$ours/task" | wc -l) == 1)); }
eventually 30 still 2 news  # it is at rest
[[ $HEALER == "$C_HEALER" ]] || eventually 30 one_thread  # those that had something to do at the start end after a while
memory "${HEALER##*/} ($([[ $HEALER == "$C_HEALER" ]] && echo 7.2.0 || echo ours))" "$ours" >>"$HERE/measures"
memory 'xfs_healer (7.2.0)' "$theirs" >>"$HERE/measures"
strace -f -ttt -o "$HERE/strace" -p "$ours" &
tracer=$!
eventually "$PATIENCE" grep -q 'TracerPid:.*[1-9]' "/proc/$ours/status"
# A slow safety timer is allowed: of 70 s, some 30 s in a row are without any call.
calls() { wc -l <"$HERE/strace"; }
eventually 40 still 30 calls
kill -INT "$tracer"
wait "$tracer" || true
expect [ "$(ls "/proc/$ours/task" | wc -l)" = 1 ]
