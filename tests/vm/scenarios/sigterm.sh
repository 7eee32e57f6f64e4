# SPDX-License-Identifier: LGPL-2.1-or-later
# SIGTERM ends the healer within a second with exit 0; the filesystem stays mounted and usable, and another healer can follow.
fs full
heal
kill -TERM "$PID"
expect_end 1
refuse_log 'filesystem unmounted'
: >"$MNT/usable"
heal
clean
