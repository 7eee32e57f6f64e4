# SPDX-License-Identifier: LGPL-2.1-or-later
# The weekly xfs_scrub@ of the filesystem, the real one of xfsprogs, is at work when the healer wants a full scrub: the healer waits
# for it in its sandbox, does not take it for its own, and has one of its own made as the damage is still there.
in_background
use weekly
fs plain
mounted
scrub=$(unit_of xfs_scrub)
runs() { systemctl show --value --property=ExecMainStartTimestampMonotonic "$scrub"; }
BETWEEN=0.02 eventually "$PATIENCE" scrub_stands_still
first=$(runs)
trash_mounted 8 'agf 1' 'addr bnoroot'
touch_ag 1 bnobt
expect_journal err "$MNT agno 0x1 bnobt: Repair unsuccessful; offline repair required."
expect_journal notice "$MNT: starting a full scrub: a repair failed"
expect_journal notice "$MNT: another xfs_scrub ($scrub) is running; waiting for it."
expect [ "$(runs)" = "$first" ]
kill -CONT "$(scrub_pid)"
expect_journal notice "$MNT: the other xfs_scrub has ended; ours follows if it is still wanted"
PATIENCE=150 expect_journal err "$MNT: full scrub unit has failed (exit code 1); see: journalctl -u $scrub"
expect [ "$(runs)" -gt "$first" ]
expect_repairs bnobt 2
unmounted
