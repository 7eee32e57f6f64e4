# SPDX-License-Identifier: LGPL-2.1-or-later
# SIGHUP is no end but has the healer look again, also one that nohup has started: at the property, at once, and whether what waits
# for a writable mount can be repaired. One that was started in a shell outlives its terminal, and so does its full scrub; a terminal
# that only the foreground may write to does not stop it. A single look ends.
[[ $HEALER != "$C_HEALER" ]] || skip '7.2.0 ends'
cat >/mnt/scrub <<END
#!/bin/bash
echo begun >>/mnt/.full_scrubs
exec sleep infinity
END
chmod +x /mnt/scrub
use plain
fs plain
damage_ag 1 bnobt
mount_fs
use later
fs full
damage_ag 1 bnobt
damage_ag 2 bnobt
mount_fs
terminal
types 'stty tostop'
types "$HEALER --scrub-command=/mnt/scrub /mnt/plain &"
shown '/mnt/plain: monitoring started'
use plain
touch_ag 1 bnobt
shown '/mnt/plain: Full repairs in progress.'
eventually "$PATIENCE" pgrep -fx 'sleep infinity'
types "$HEALER --all >>$HERE/all.log 2>&1 &"
eventually "$PATIENCE" grep -Fxq '/mnt/later: monitoring started' "$HERE/all.log"
terminal_ends
pause 1
expect pgrep -fx 'sleep infinity'
expect pgrep -fx "$HEALER --all"
pgrep -fx "$HEALER --scrub-command=/mnt/scrub /mnt/plain" >"$HERE/plain.pid"
use plain
expect listening
use later
touch_ag 1 bnobt
eventually "$PATIENCE" grep -Fxq '/mnt/later agno 0x1 bnobt: Repairs successful.' "$HERE/all.log"
use plain
kill -TERM "$PID"
eventually "$PATIENCE" gone
expect_repairs bnobt 1
expect_full_scrubs 1
pkill -fx "$HEALER --all"
all_ended() { ! pgrep -fx "$HEALER --all"; }
eventually "$PATIENCE" all_ended

trap '' HUP  # as nohup does
use later
autofsck check
heal
trap - HUP
touch_ag 2 bnobt
expect_log "$MNT agno 0x2 bnobt: sick"
autofsck repair
kill -HUP "$PID"
in_time 5 grep -Fxq "$MNT agno 0x2 bnobt: Repairs successful." "$LOG"
expect_repairs bnobt 2
clean

use waits
fs full
mount_fs
make_symlink s
damage_symlink s
mount_fs
mount -o remount,ro "$MNT"
heal
touch_symlink s
expect_err "$MNT: read-only; repairs wait until it is mounted read-write"
kill -HUP "$PID"
eventually "$PATIENCE" still 2 news
expect [ "$(how_many 'read-only; repairs wait' "$ERR")" = 1 ]
mount -o remount,rw "$MNT"
kill -HUP "$PID"
in_time 5 grep -Fxq "$MNT/s symlink: Repairs successful." "$LOG"
repairs_vary  # each time that it is asked for in vain counts
clean

use once
fs full
on_mapper
mount_fs
slow 300
"$HEALER" --oneshot "$MNT" >"$LOG" 2>"$ERR" &
PID=$!
pause 2
expect alive
kill -HUP "$PID"
code=0
wait "$PID" || code=$?
slow 0
expect [ "$code" = 8 ]
