# SPDX-License-Identifier: LGPL-2.1-or-later
# What the healer cannot repair it hands, out of its sandbox, to the full scrub of xfsprogs, which really runs.
in_background
use scrubs
trace_scrubs
fs plain
damage_ag 1 bnobt
mounted
touch_ag 1 bnobt
expect_journal err "$MNT agno 0x1 bnobt: Repair unsuccessful; offline repair required."
expect_journal notice "$MNT: starting a full scrub: a repair failed"
expect_journal notice "$MNT: Full repairs in progress."
eventually "$PATIENCE" grep -q 'xfs_scrub-.* xchk_start: ' "$TRACING/trace"
expect_journal err "$MNT: full scrub unit has failed (exit code 1); see: journalctl -u $(unit_of xfs_scrub)"
expect_repairs bnobt 2
expect_journal crit "$MNT agno 0x1 bnobt: offline repair needed: the kernel cannot repair it while this filesystem is mounted"
expect_status 1 0 1
expect [ "$(systemctl show --value --property=ExecMainStatus "$(unit_of xfs_scrub)")" != 0 ]
eventually "$PATIENCE" umount "$MNT"
expect_property ActiveState inactive
