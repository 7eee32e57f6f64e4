# SPDX-License-Identifier: LGPL-2.1-or-later
# A healer that is killed, or no longer feeds the watchdog, is started again, and what it was told and has not read is healed.
in_background
damaged() {
	use "$1"
	fs full
	mount_fs
	make_symlink s
	lost s
	damage_symlink s
	damage_ag 1 bnobt
	mounted
	kill -STOP "$(main_pid)"
	touch_symlink s
	touch_ag 1 bnobt
}
comes_back() {
	expect_property NRestarts 1
	expect_journal notice "$MNT/s symlink: Repairs successful."
	expect_journal notice "$MNT agno 0x1 bnobt: Repairs successful."
	expect_repairs symlink 1
	expect_repairs bnobt 1
	expect_status 2 2 0
	unmounted
	expect_clean
}
use killed
adjust RestartSec=1s
damaged killed
kill -KILL "$(main_pid)"
comes_back

use hangs
adjust RestartSec=1s WatchdogSec=5s
damaged hangs
comes_back
