# SPDX-License-Identifier: LGPL-2.1-or-later
# The AGI, without which the filesystem would not mount, is trashed behind the back of the mounted one, and healed. Before
# Linux 7.1.10 the repair would crash the kernel: there it is not attempted, and no full scrub either; the person is told,
# once, and the filesystem stays usable.
if kernel_before 7.1.10 && [[ $HEALER == "$C_HEALER" ]]; then skip 'xfs_healer 7.2.0 would crash the kernel here'; fi
fs full
structure AGI agi ' agno 0x3 agi'
heal
trash_mounted 64 'agi 3'
touch_ag 3 agi
if kernel_before 7.1.10; then
	expect_log "$MNT agno 0x3 agi: offline repair needed: it cannot be loaded, and repairing it would crash this kernel"
	touch_ag 3 agi
	eventually 30 still 3 news
	expect [ "$(how_many 'offline repair needed' "$LOG")" = 1 ]
	: >"$MNT/usable"
	unmount "$MNT"
	expect_end "$END_LIMIT"
else
	expect_log "$MNT agno 0x3 agi: Repairs successful."
	expect_repairs agi 1 2
	expect_repairs fscounters 1  # the kernel doubts its counters
	clean
fi
