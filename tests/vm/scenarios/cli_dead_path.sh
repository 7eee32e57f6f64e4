# SPDX-License-Identifier: LGPL-2.1-or-later
# A path on which nothing answers is waited for, which is said, and a signal ends that, with the exit code of who was to do what. When
# there is an answer, the filesystem is healed. What is no XFS is refused without asking its server.
in_background
fs full
damage_ag 1 bnobt
serves /mnt/dead
at=/mnt/dead/below
mount_fs "$at"
dies "$SERVER"

waits() { grep -Fxq "$at: does not answer; it is waited for" "$ERR"; }
# starts OPTION...: as from a shell with job control, which has nothing ignored.
starts() {
	: >"$LOG"
	: >"$ERR"
	env --default-signal=INT "$HEALER" "$@" >>"$LOG" 2>>"$ERR" &
	PID=$!
}
# ends CODE: soon.
ends() {
	local code=0
	in_time 1 gone
	wait "$PID" || code=$?
	expect [ "$code" = "$1" ]
}
# broken_off SIGNAL CODE OPTION...
broken_off() {
	starts "${@:3}" "$at"
	eventually "$PATIENCE" waits
	kill "-$1" "$PID"
	ends "$2"
	expect [ "$(tail -n 1 "$ERR")" = "$at: ended by a signal while it was waited for" ]
	expect [ "$(wc -l <"$ERR")" = 2 ]
	expect [ ! -s "$LOG" ]
}
broken_off INT 0
broken_off TERM 0 --repair
broken_off INT 8 --oneshot
broken_off HUP 8 --oneshot
broken_off TERM 1 --supported
broken_off INT 1 --oneshot --supported

# Also before that is said, and not by what asks for another look.
starts "$at"
walks() {  # another process goes first
	local child
	for child in $(cat "/proc/$PID"/task/*/children); do ! grep -q fuse "/proc/$child/stack" || return 0; done
	false
}
BETWEEN=0.02 eventually "$PATIENCE" walks
kill -HUP "$PID"
kill -INT "$PID"
ends 0
expect [ "$(tail -n 1 "$ERR")" = "$at: ended by a signal while it was waited for" ]

starts /mnt/dead
ends 1
expect [ "$(<"$ERR")" = '/mnt/dead: Inappropriate ioctl for device' ]

starts "$at"
eventually "$PATIENCE" waits
revives "$SERVER"
expect_log "$at: monitoring started"
MNT=$at touch_ag 1 bnobt
expect_log "$at agno 0x1 bnobt: Repairs successful."
expect_repairs bnobt 1
unmount "$at"
expect_end "$END_LIMIT"
expect_clean

# Nor does it matter that nothing ends who waits.
mount_fs "$at"
swallows "$SERVER"
broken_off INT 0
broken_off TERM 8 --oneshot
