# SPDX-License-Identifier: LGPL-2.1-or-later
# A healer that is killed, or no longer feeds the watchdog, is started again, and what it was told and has not read is healed.
in_background
use killed
fs full
mount_fs
make_symlink s
lost s
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
