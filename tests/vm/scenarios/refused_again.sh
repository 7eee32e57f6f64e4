# SPDX-License-Identifier: LGPL-2.1-or-later
# What is refused is not refused for ever: a filesystem that another healer monitors is monitored at once after that has ended, one
# that the property forbids some minutes after it no longer does, at SIGHUP at once. A line that is still true is not said again.
in_background
use theirs
fs full
heal
theirs=$PID
use off
fs full -m autofsck=none
damage_ag 1 bnobt
mount_fs
use timed
fs full -m autofsck=none
mount_fs
heal_all
all_complains '/mnt/theirs: XFS health monitoring already running.'
all_says '/mnt/off: Disabling daemon per autofsck directive.'
all_says '/mnt/timed: Disabling daemon per autofsck directive.'
kill -TERM "$theirs"
in_time 10 has_line "$ALL_LOG" '/mnt/theirs: monitoring started'
kill -HUP "$ALL_PID"
pause 3
autofsck check
PATIENCE=150 all_says '/mnt/timed: monitoring started'
use off
autofsck repair
kill -HUP "$ALL_PID"
all_says '/mnt/off: Automatically repairing per autofsck directive.'
all_says '/mnt/off: monitoring started'
touch_ag 1 bnobt
all_says '/mnt/off agno 0x1 bnobt: Repairs successful.'
expect_repairs bnobt 1
expect [ "$(how_many 'Disabling daemon' "$ALL_LOG")" = 2 ]
expect [ "$(wc -l <"$ALL_ERR")" = 1 ]
unmount /mnt/timed
unmount /mnt/theirs
autofsck none  # as it was
expect_clean
end_all
