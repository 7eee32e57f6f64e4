# SPDX-License-Identifier: LGPL-2.1-or-later
# SIGTERM comes while events wait to be read, right after an unmount: what had happened is still said.
fs full
damage_ag 1 bnobt
heal --no-autofsck
kill -STOP "$PID"
touch_ag 1 bnobt
umount "$MNT"
kill -TERM "$PID"
kill -CONT "$PID"
expect_end "$END_LIMIT"
expect_log "$MNT agno 0x1 bnobt: sick"
expect_log "$MNT: filesystem unmounted"
