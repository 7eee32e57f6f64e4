# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem whose healer could not be started gets it when it can: some two minutes after a healer that somebody has started by
# hand has ended, or after systemctl works again; and at SIGHUP, but not as long as xfs_healer --supported would refuse it. What
# systemd runs is left to systemd and the administrator.
in_background
services 1
use theirs
fs full
heal
use off
fs full -m autofsck=none
mount_fs
use failed
fs full
mount_fs
starter
starter_says '/mnt/theirs: already monitored'
starter_complains '/mnt/off: Could not start xfs_healer service unit: xfs_healer@mnt-off.service'
starter_complains '/mnt/failed: Could not start xfs_healer service unit: xfs_healer@mnt-failed.service'
expect_services mnt-off mnt-failed
kill -HUP "$STARTER_PID"
expect_services mnt-off mnt-failed mnt-failed
services
use theirs
kill -TERM "$PID"
PATIENCE=150 expect_services mnt-off mnt-failed mnt-failed mnt-failed mnt-theirs
kill -HUP "$STARTER_PID"
expect_services mnt-off mnt-failed mnt-failed mnt-failed mnt-theirs
use off
autofsck repair
kill -HUP "$STARTER_PID"
expect_services mnt-off mnt-failed mnt-failed mnt-failed mnt-theirs mnt-off
expect [ "$(wc -l <"$STARTER_ERR")" = 2 ]
end_starter
