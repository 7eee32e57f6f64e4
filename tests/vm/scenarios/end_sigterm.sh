# SPDX-License-Identifier: LGPL-2.1-or-later
# SIGTERM comes in the middle of a storm of repairs, and on a filesystem that has shut down: the healer ends at once and
# holds nothing.
fs full
mount_fs
for i in {1..60}; do make_symlink "s$i"; lost "s$i"; done
damage=()
for i in {1..60}; do damage+=("path /s$i" 'dblock 0' 'blocktrash -s 1 -o 16384 -n 1 -x 64 -y 64 -3 -z'); done
edit "${damage[@]}"
heal
kill -STOP "$PID"
readlink "$MNT"/s* >/dev/null || true
kill -CONT "$PID"
expect_log_like ': Repairs successful\.$'
kill -TERM "$PID"
expect_end "$END_LIMIT"
expect umount "$MNT"
made=$(repairs symlink)
expect [ "$made" -lt 60 ]
expect_repairs symlink "$made"

use down
fs full
heal
xfs_io -x -c shutdown "$MNT"
expect_log_like 'filesystem shut down due to'
kill -TERM "$PID"
expect_end "$END_LIMIT"
expect umount "$MNT"
