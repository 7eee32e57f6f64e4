# SPDX-License-Identifier: LGPL-2.1-or-later
# SIGUSR1 asks for a summary: since when, what was found and healed, and by name what is left, also after a shutdown. It disturbs
# nothing.
[[ $HEALER != "$C_HEALER" ]] || skip '7.2.0 ends'
fs plain
damage_ag 1 bnobt
heal --scrub-command=none
summary() { echo "^$MNT: monitored since 20[0-9-]{8}T[0-9:]{8}Z; damaged structures: $1 found, 0 healed, $1 left; reports lost: 0; full scrubs: 0$2\$"; }
kill -USR1 "$PID"
expect_log_like "$(summary 0)"
touch_ag 1 bnobt
expect_log "$MNT agno 0x1 bnobt: Repair unsuccessful; offline repair required."
kill -USR1 "$PID"
expect_log_like "$(summary 1)"
expect_log "$MNT agno 0x1 bnobt: still damaged"
expect_repairs bnobt "$(repairs)"
unmount "$MNT"
expect_end 1
# What a shutdown ends is not forgotten.
use down
fs plain
damage_ag 1 bnobt
heal --scrub-command=none
touch_ag 1 bnobt
expect_log "$MNT agno 0x1 bnobt: Repair unsuccessful; offline repair required."
xfs_io -x -c shutdown "$MNT"
expect_log_like "^$MNT: filesystem shut down"
kill -USR1 "$PID"
expect_repairs bnobt "$(repairs)"
expect_log_like "$(summary 1 '; the filesystem has shut down')"
expect_log "$MNT agno 0x1 bnobt: still damaged"
unmount "$MNT"
expect_end 1
# What shuts it down is told after that.
use late
fs plain
damage_ag 1 bnobt
heal --scrub-command=none
rm -rf "$MNT"/{one,two,three,four,five,six} 2>/dev/null || true
expect_log_like "^$MNT: filesystem shut down"
expect_log "$MNT agno 0x1 bnobt: sick"
kill -USR1 "$PID"
repairs_vary
expect_log_like "$(summary 1 '; the filesystem has shut down')"
expect_log "$MNT agno 0x1 bnobt: still damaged"
unmount "$MNT"
expect_end 1
