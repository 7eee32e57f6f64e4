# SPDX-License-Identifier: LGPL-2.1-or-later
# SIGTERM comes in the middle of a storm of repairs, and on a filesystem that has shut down: the healer ends at once and
# holds nothing.
fs full
storm 60
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
