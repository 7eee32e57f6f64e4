# SPDX-License-Identifier: LGPL-2.1-or-later
# A program of --exec that hangs, has started others, floods its output, dies, is gone later or is slow in a storm: healing goes on,
# one runs at a time, it is killed with its group in time, what waits is bounded and the rest is counted. At the end the last event
# is told in time.
in_background
lasts 900
[[ $HEALER != "$C_HEALER" ]] || skip '7.2.0 runs no program'
# hook LINE...: from here on it does that, with the event in $1; what it writes to descriptor 9 is in the file "told".
hook() { printf '%s\n' '#!/bin/bash' "exec 9>>$HERE/told" "$@" >"$HERE/new"; chmod +x "$HERE/new"; mv "$HERE/new" "$HERE/hook"; }
told() { grep -Fxq -- "$1" "$HERE/told" 2>/dev/null; }
# heals AGNO: at once, whatever the hook does.
heals() {
	touch_ag "$1" bnobt
	expect_log "$MNT agno 0x$1 bnobt: Repairs successful."
}
runs() { pgrep -f "^/bin/bash $HERE/hook " >/dev/null; }
children() { pgrep -cP "$PID" || true; }

SMALL=$SIZE SIZE=2G  # a log must fit into an AG
fs full -d agcount=19
mount_fs
umount_fs
for agno in 1 2 3 4 5 6; do damage_ag "$agno" bnobt; done
hook 'trap "" TERM' 'sleep 601 & sleep 602 & setsid sleep 603 >/dev/null 2>&1 9>&- &' 'echo hangs >&9' 'sleep 604'
heal --exec="$HERE/hook"
heals 1
eventually "$PATIENCE" told hangs
hook 'echo "flood" >&9' 'yes'
heals 2
expect [ "$(children)" = 1 ]
# Thirty seconds, and then nothing is left but what has left its group.
PATIENCE=90 expect_err "$MNT: the hook for repaired took too long and was killed"
eventually 5 eval '! pgrep -fx "sleep 60[124]" >/dev/null'
expect pkill -fx 'sleep 603'
eventually "$PATIENCE" told flood
before=$(cpu_time)
heals 3
eventually 90 eval '(($(grep -c "hook for repaired took too long" "$ERR") == 2))'
expect_log_like "^$MNT: hook: [0-9]+ more lines are not shown$"
expect [ "$(grep -c 'hook: "y' "$LOG")" -le 30 ]
expect [ "$(($(cpu_time) - before))" -lt 6000 ]
# It runs for the third now, as a flood, and dies by its signal.
eventually "$PATIENCE" runs
pkill -SEGV -f "^/bin/bash $HERE/hook "
pkill -x yes
expect_err "$MNT: the hook for repaired was ended by signal 11"
hook 'exit 7'
heals 4
expect_err "$MNT: the hook for repaired ended with exit code 7"
chmod -x "$HERE/hook"
heals 5
expect_err "cannot run the hook $HERE/hook: it is not executable"
heals 6
expect [ "$(grep -c 'cannot run the hook' "$ERR")" = 1 ]
expect [ "$(children)" = 0 ]
expect_repairs bnobt 6
clean

SIZE=$SMALL
use storm
fs full
damage_symlinks 150
hook 'mkdir "$0.runs" || echo two >&9' 'sleep 0.3' 'rmdir "$0.runs"' 'echo "$1" >&9'
: >"$HERE/told"
# So many start a full scrub by default.
heal --exec="$HERE/hook" --scrub-command=none
touch_symlinks
healed() { (($(how_many ' symlink: Repairs successful\.$' "$LOG") == 150)); }
eventually "$PATIENCE" healed
# Each link is repaired, and what it said is lost; of many losses a minute only the number is said, once an hour to the hook.
occasions() { cat "$LOG" "$ERR" | awk '/ symlink: Repairs successful\.$/ || / is lost: / { n++ } / more losses$/ { more = 1 } END { print n + more }'; }
not_told() { awk '/events were not told to the hook$/ { n += $1 } END { print n + 0 }' "$ERR"; }
heard() { how_many -E '^(repaired|loss)$' "$HERE/told"; }
# Those that wait are told, and the number of the others is said within a minute.
all_is_known() { (($(heard) >= 64 && $(heard) + $(not_told) == $(occasions))); }
eventually 180 all_is_known
expect [ "$(not_told)" -gt 0 ]
refuse told two
expect_repairs symlink 150
unmount "$MNT"
in_time 10 gone
expect_end "$END_LIMIT"

# At the end: one that hangs has little time left, and what is last is told.
use last
fs plain
damage_ag 1 bnobt
hook 'echo "$1 begins" >&9' '[ "$1" = unmounted ] || sleep 600' 'echo "$1 ends" >&9'
heal --exec="$HERE/hook" --scrub-command=none
touch_ag 1 bnobt
expect_log_like "^$MNT agno 0x1 bnobt: offline repair needed: "
eventually "$PATIENCE" told 'repair_failed begins'
unmount "$MNT"
in_time 10 gone
expect_end "$END_LIMIT"
expect told 'unmounted ends'
expect_err "$MNT: the hook for repair_failed took too long and was killed"
expect_err "$MNT: the hook for offline_needed took too long and was killed"
repairs_vary

# And at SIGTERM: the mount is free meanwhile.
use term
fs plain
damage_ag 1 bnobt
heal --exec="$HERE/hook" --scrub-command=none
touch_ag 1 bnobt
expect_log_like "^$MNT agno 0x1 bnobt: offline repair needed: "
kill -TERM "$PID"
eventually "$PATIENCE" umount "$MNT"
expect alive
in_time 10 gone
expect_end "$END_LIMIT"
repairs_vary
