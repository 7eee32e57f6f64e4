# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem is mounted at two places, and the older one is out of reach, as a directory above it does not answer: it is healed
# through the other one, by a healer that was started at the older place, by one for all filesystems, and by one that the starter
# has started, which knows that the other place answers.
in_background
services
use two
fs full
mount_fs
for name in a b; do make_symlink "$name"; done
for name in a b; do damage_symlink "$name"; done
serves /mnt/dead
at=/mnt/dead/below
mkdir /mnt/alive
mount_fs "$at"
mount --bind "$at" /mnt/alive
MNT=$at heal
dies "$SERVER"
MNT=/mnt/alive touch_symlink a  # xfs_io would ask the server
expect_log "/mnt/alive/a symlink: Repairs successful."
kill -TERM "$PID"
expect_end "$END_LIMIT"

heal_all
all_says '/mnt/alive: monitoring started'
MNT=/mnt/alive touch_symlink b
all_says '/mnt/alive/b symlink: Repairs successful.'
end_all
expect_repairs symlink 2

starter
expect_services mnt-alive
expect [ ! -s "$STARTER_ERR" ]
end_starter
