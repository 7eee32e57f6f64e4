# SPDX-License-Identifier: LGPL-2.1-or-later
# A program of --exec that hangs after a single look does not hold the filesystem, and a signal ends what it has left of its time.
[[ $HEALER != "$C_HEALER" ]] || skip '7.2.0 runs no program'
printf '%s\n' '#!/bin/bash' "exec 9>$HERE/told" 'sleep 600' >"$HERE/hook"
chmod +x "$HERE/hook"
fs full
damage_ag 1 bnobt
mount_fs
"$HEALER" --oneshot --exec="$HERE/hook" "$MNT" >"$LOG" 2>"$ERR" 9>&- &
one=$!
runs() { kill -0 "$one" 2>/dev/null; }
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
eventually "$PATIENCE" [ -e "$HERE/told" ]
in_time 10 umount "$MNT"
expect runs
kill -TERM "$one"
in_time 10 eval '! runs'
code=0
wait "$one" || code=$?
expect [ "$code" = 1 ]
expect_err "$MNT: the hook for repaired took too long and was killed"
expect_repairs bnobt 1
expect_clean
