# SPDX-License-Identifier: LGPL-2.1-or-later
# What does not answer costs its own filesystem the healer and no other, be it what an XFS is covered with or a directory above one:
# the others get theirs, and SIGTERM ends xfs_healer_start, also where nothing ends who waits. One thread waits there, and once there
# is an answer the healer is started, unless it could be at another mount.
in_background
services
use covered
fs full
mount_fs
serves "$MNT"
cover=$SERVER
serves /mnt/dead
above=$SERVER
use below
fs full
mount_fs /mnt/dead/below
use alive
fs full
dies "$cover" "$above"

starter
mount_fs
expect_services mnt-alive
starter_complains '/mnt/dead/below: does not answer; a healer is started once it does'
end_starter

: >"$SERVICES"
starter
starter_complains '/mnt/dead/below: does not answer; a healer is started once it does'
one_waits() { (($(ls "/proc/$STARTER_PID/task" | wc -l) == 2)); }
eventually "$PATIENCE" one_waits
kill -HUP "$STARTER_PID"
expect_services mnt-alive
eventually "$PATIENCE" one_waits  # again, after a look at what was started
expect [ "$(wc -l <"$STARTER_ERR")" = 1 ]
revives "$above"
expect_services mnt-alive mnt-dead-below
revives "$cover"
unmount /mnt/covered
expect_services mnt-alive mnt-dead-below mnt-covered
end_starter

starter
expect_services mnt-alive mnt-dead-below mnt-covered mnt-alive mnt-dead-below mnt-covered
end_starter
swallows "$above"
starter
starter_complains '/mnt/dead/below: does not answer; a healer is started once it does'
end_starter
