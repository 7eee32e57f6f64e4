# SPDX-License-Identifier: LGPL-2.1-or-later
# A healer that is killed, or no longer feeds the watchdog, is started again, and what it was told and has not read is healed.
# Where the device does not answer nothing ends what waits for it: that is one process, however often the service is started anew, and
# when the device answers the filesystem is watched again. Processes beside it that are no healers keep none from being started.
in_background
use killed
fs full
mount_fs
make_symlink s
damage_symlink s
damage_ag 1 bnobt
adjust RestartSec=1s
mounted
kill -STOP "$(main_pid)"
touch_symlink s
touch_ag 1 bnobt
kill -KILL "$(main_pid)"
expect_property NRestarts 1
expect_journal notice "$MNT/s symlink: Repairs successful."
expect_journal notice "$MNT agno 0x1 bnobt: Repairs successful."
expect_repairs symlink 1
expect_repairs bnobt 1
expect_status 2 2 0
unmounted
expect_clean

use hangs
fs full
damage_ag 1 bnobt
adjust RestartSec=1s "WatchdogSec=$(slowly 5)s"
mounted
kill -STOP "$(main_pid)"
touch_ag 1 bnobt
expect_property NRestarts 1
expect_journal notice "$MNT agno 0x1 bnobt: Repairs successful."
expect_repairs bnobt 1
unmounted

use beside
fs full
damage_ag 1 bnobt
# The last run leaves its processes alone, and one of a command that was added to the unit.
adjust RestartSec=1s KillMode=process 'ExecStartPost=/bin/sh -c "sleep 86399 &"'
mounted
hook=$(pgrep -nfx 'sleep 86399')
kill -KILL "$(main_pid)"
expect_property NRestarts 1
expect_property ActiveState active
touch_ag 1 bnobt
expect_journal notice "$MNT agno 0x1 bnobt: Repairs successful."
expect_repairs bnobt 1
expect kill -0 "$hook"
expect grep -Fq "$(unit_of xfs_healer)" "/proc/$hook/cgroup"
unmounted
pkill -fx 'sleep 86399'

use silent
fs full
mount_fs
setfattr -n trusted.large -v "$(printf 'x%.0s' {1..2000})" "$MNT"  # so that the attributes, the property too, are in a block
umount_fs
on_mapper
adjust RestartSec=1s "TimeoutStartSec=$(slowly 3)s" TimeoutStopSec=1s
mounted
group=/sys/fs/cgroup$(property ControlGroup)
dmsetup suspend --nolockfs --noflush "${DEV##*/}"
for i in 1 2 3; do echo 2 >/proc/sys/vm/drop_caches; done
kill -KILL "$(main_pid)"
has_restarted() { (($(property NRestarts) >= 4)); }
eventually "$PATIENCE" has_restarted
processes() { sort "$group/cgroup.procs"; }  # of one whose first thread has ended nothing else tells what it was called with
waiting=$(processes)
pause "$(slowly 4)"  # one that only says that it does nothing has ended by then
waiting=$(comm -12 <(echo "$waiting") <(processes))
dmsetup resume "${DEV##*/}"
expect [ "$(wc -w <<<"$waiting")" = 1 ]
expect_property ActiveState active
unmounted
