# SPDX-License-Identifier: LGPL-2.1-or-later
# Much is reported damaged right after the property "autofsck" was set to check: the full scrub that this calls for is not
# started, and nothing is repaired.
fs full
damage_symlinks 5
heal --escalate=2/1h
kill -STOP "$PID"
autofsck check
touch_symlinks
kill -CONT "$PID"
expect_log "$MNT: Only logging errors per autofsck directive."
eventually "$PATIENCE" still 3 news
expect_log_like ' symlink: sick$'
expect [ "$(repairs)" = 0 ]
expect_full_scrubs 0
unmount "$MNT"
expect_end "$END_LIMIT"
