# SPDX-License-Identifier: LGPL-2.1-or-later
# SIGHUP and SIGUSR1 that come before the program reads signals wait for that, and are no end. SIGTERM ends it then too, at once: what it
# waits for there may never answer.
[[ $HEALER != "$C_HEALER" ]] || skip '7.2.0 reads none'
fs plain
mount_fs

# slow_start PROGRAM [ARG...]: starts it, and it is in its first call of statx(2) for five seconds, which comes before it reads signals.
slow_start() {
	: >"$LOG"
	strace -D -f -o "$HERE/strace" -e trace=statx -e inject=statx:delay_enter=5000000:when=1 "$@" >"$LOG" 2>"$ERR" &
	PID=$!
	eventually "$PATIENCE" is_program "${1##*/}"
	pause 1
}
is_program() { [[ $(<"/proc/$PID/comm") == "${1:0:15}" ]]; }
# ends CODE
ends() {
	local code=0
	kill -TERM "$PID"
	eventually "$PATIENCE" gone
	wait "$PID" || code=$?
	expect [ "$code" = "$1" ]
}
signals_wait() {
	slow_start "$@"
	ends 143
	slow_start "$@"
	kill -HUP "$PID"
	kill -USR1 "$PID"
	pause 8
	expect alive
	ends 0
}
signals_wait "$HEALER" "$MNT"
signals_wait "$HEALER" --all
signals_wait "$STARTER"
signals_wait "$FSERRORD"
umount "$MNT"
