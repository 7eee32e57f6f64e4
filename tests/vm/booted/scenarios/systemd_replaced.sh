# SPDX-License-Identifier: LGPL-2.1-or-later
# systemd replaces itself, as when it is upgraded, while the healer waits for a full scrub that somebody else has started: whoever
# asks it then gets no answer. The other full scrub is not called over as long as it runs, and is waited for once more.
alone  # systemctl(1) fails for all others, too
use replaced
fs plain
mounted
scrub=$(unit_of xfs_scrub)
BETWEEN=0.02 eventually "$PATIENCE" scrub_stands_still
trash_mounted 8 'agf 1' 'addr bnoroot'
touch_ag 1 bnobt
eventually "$PATIENCE" told "another xfs_scrub ($scrub) is running; waiting for it." 1
# Once more while it is at that: one of these comes upon the question what became of the unit.
for _ in {1..8}; do
	kill -TERM 1
	pause 0.3
done
eventually "$PATIENCE" systemctl is-active --quiet "$(unit_of xfs_healer)"
eventually 150 told "another xfs_scrub ($scrub) is running; waiting for it." 2
expect told 'the other xfs_scrub has ended; ours follows if it is still wanted' 0
kill -CONT "$(scrub_pid)"
eventually "$PATIENCE" told 'the other xfs_scrub has ended; ours follows if it is still wanted' 1
expect_repairs bnobt 1
unmounted
