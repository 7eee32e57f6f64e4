# SPDX-License-Identifier: LGPL-2.1-or-later
# What is reported of one allocation group before the healer reads is one line with all structures; another group is another.
fs full
damage_ag 1 bnobt
damage_ag 1 rmapbt
damage_ag 2 inobt
heal --no-autofsck
kill -STOP "$PID"
touch_ag 1 rmapbt
touch_ag 1 bnobt
touch_ag 2 inobt
kill -CONT "$PID"
expect_log "$MNT agno 0x1 bnobt, rmapbt: sick"
expect_log "$MNT agno 0x2 inobt: sick"
unmount "$MNT"
expect_end "$END_LIMIT"
