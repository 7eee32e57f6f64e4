# SPDX-License-Identifier: LGPL-2.1-or-later
# Under the unit that we ship the healer is active when it monitors and not before, feeds the watchdog, heals, lets systemctl
# status tell the tale, has the unit xfs_scrub@ started, comes back when it is killed, and ends with the filesystem.
[[ $HEALER != "$C_HEALER" ]] || skip 'what 7.2.0 does under our unit is not the question'
fs full
damage_ag 1 bnobt
damage_ag 2 bnobt
systemd_runs
our_units
unit xfs_scrub@.service '[Unit]' DefaultDependencies=no '[Service]' Type=oneshot "ExecStart=/bin/bash -c 'echo unit %f >>$FULL_SCRUBS; sleep 2'"

# What has not begun to monitor is not active.
mount_fs
late="until [[ -e $HERE/go ]]; do sleep 0.2; done; exec $C_HEALER $MNT"
watchdog=$(slowly 10)
unit_heals "WatchdogSec=$watchdog" ExecStart= "ExecStart=/bin/bash -c '$late'" &
expect_property ActiveState activating
always 2 is_property ActiveState activating
: >"$HERE/go"
wait $! || fail 'not started'
expect is_property ActiveState active
"$HEALER" --supported "$MNT" 2>"$HERE/second" && fail 'it does not monitor'
expect grep -Fxq "$MNT: XFS health monitoring already running." "$HERE/second"
expect_status 0 0 0

# It heals there, and the watchdog, which would have struck by now, is content.
expect grep -Exq 'Seccomp:\s*2' "/proc/$(pgrep -fx "$C_HEALER $MNT")/status"
expect_log "$MNT: monitoring started"
touch_ag 1 bnobt
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
expect_status 1 1 0
systemctl reload "xfs_healer@mnt-$FS.service" || fail 'not reloaded'
pause $((watchdog + 2))
expect is_property NRestarts 0
refuse_log 'no file is looked at'  # it has read the device, though its /dev has none

# Killed, it comes back, and knows by its mark that it has to look closely.
pkill -KILL -fx "$C_HEALER $MNT"
expect_property NRestarts 1
expect_property ActiveState active
expect_status 0 0 0
touch_ag 2 bnobt
expect_log "$MNT agno 0x2 bnobt: Repairs successful."
expect_repairs bnobt 2
expect_status 1 1 0
unmount "$MNT"
expect_property ActiveState inactive
expect is_property Result success
expect_log "$MNT: filesystem unmounted"
expect_clean

# What it cannot repair is for the unit xfs_scrub@.
use plain
fs plain
damage_ag 1 bnobt
unit_heals
touch_ag 1 bnobt
expect_log "$MNT: starting a full scrub: a repair failed"
expect_log "$MNT: full scrub unit has ended without complaint"
repairs_vary  # it may be tried again just now
expect_status 1 0 1
systemctl stop "xfs_healer@mnt-$FS.service"
expect is_property Result success
expect_full_scrubs 1
