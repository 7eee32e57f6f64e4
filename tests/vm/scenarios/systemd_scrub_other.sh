# SPDX-License-Identifier: LGPL-2.1-or-later
# The unit xfs_scrub@ of the filesystem runs already when a full scrub is wanted, as once a week. The healer, in the sandbox of
# our unit, says whose it is and waits for it; it is not taken for ours, whatever its exit code, and ours follows. One that is
# killed has judged nothing. (The unit here only records that it was started, and ends as it is told.)
[[ $HEALER != "$C_HEALER" ]] || skip 'what 7.2.0 does under our unit is not the question'
in_background
systemd_runs
our_units
unit xfs_scrub@.service '[Unit]' DefaultDependencies=no '[Service]' Type=oneshot \
	"ExecStart=/bin/bash -c 'echo unit %f >>$FULL_SCRUBS; until [[ -e $HERE/go ]]; do read -rt 0.2 <>$PAUSE; done; exit 1'"
scrubs_are() { (($(full_scrubs) == $1)); }
fs plain
damage_ag 1 bnobt
unit_heals
expect_log "$MNT: monitoring started"
systemctl start --no-block "xfs_scrub@mnt-$FS.service"
eventually "$PATIENCE" scrubs_are 1
touch_ag 1 bnobt
expect_log "$MNT: starting a full scrub: a repair failed"
expect_log "$MNT: another xfs_scrub (xfs_scrub@mnt-$FS.service) is running; waiting for it."
always 5 scrubs_are 1
: >"$HERE/go"
expect_log "$MNT: the other xfs_scrub has ended; ours follows if it is still wanted"
refuse_log 'Could not start|in progress|full scrub unit|offline repair needed'
rm "$HERE/go"

PATIENCE=120 expect_log "$MNT: Full repairs in progress."
eventually "$PATIENCE" scrubs_are 2
systemctl kill --signal=KILL "xfs_scrub@mnt-$FS.service"
expect_log "$MNT: full scrub was ended by a signal"
eventually "$PATIENCE" still 3 logged
refuse_log 'Could not start|full scrub unit|offline repair needed'
expect_repairs bnobt 1
expect_full_scrubs 2
systemctl stop "xfs_healer@mnt-$FS.service"
unmount "$MNT"
