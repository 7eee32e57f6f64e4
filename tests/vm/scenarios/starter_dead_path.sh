# SPDX-License-Identifier: LGPL-2.1-or-later
# A directory of PATH that does not answer holds up the start of a healer and nothing else: SIGTERM ends xfs_healer_start, also where
# nothing ends who waits there, and once there is an answer the healer is started.
in_background
services
serves /mnt/dead
HOW="env PATH=/mnt/dead:$PATH"
fs full

starter
dies "$SERVER"
mount_fs
starter_says "$MNT: restarting xfs_healer@mnt-fs.service"
end_starter

starter
starter_says "$MNT: restarting xfs_healer@mnt-fs.service"
kill -HUP "$STARTER_PID"
unmount "$MNT"
mount_fs
revives "$SERVER"
starter_says "$MNT: xfs_healer service started."
end_starter

swallows "$SERVER"
starter
starter_says "$MNT: restarting xfs_healer@mnt-fs.service"
end_starter
