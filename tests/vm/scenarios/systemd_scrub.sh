# SPDX-License-Identifier: LGPL-2.1-or-later
# Where systemd runs, a full scrub is its unit xfs_scrub@: it is waited for to its end. How that ends does not tell what is left, as
# a scrub in a unit keeps that to itself: what had failed is tried once more, which has the last word. One that is stopped has judged
# nothing, nor has one that a condition keeps from running. A unit that does not exist is said once. (The unit here only records that
# it was started, and ends as it is told.)
systemd_runs
scrub_unit() {
	unit xfs_scrub@.service '[Unit]' DefaultDependencies=no RequiresMountsFor=%f "${@:2}" '[Service]' Type=oneshot \
		"ExecStart=/bin/bash -c 'echo unit %f >>$FULL_SCRUBS; until [[ -e $HERE/go ]]; do read -rt 0.2 <>$PAUSE; done; exit $1'"
}
unrepairable() {
	use "$1"
	fs plain
	damage_ag 1 bnobt
	heal
	touch_ag 1 bnobt
	expect_log "$MNT: starting a full scrub: a repair failed"
}
see() { echo "see: journalctl -u xfs_scrub@mnt-$FS.service"; }
ends() {
	expect_log_like "^$MNT agno 0x1 bnobt: offline repair needed: "
	unmount "$MNT"
	expect_end "$END_LIMIT"
}

scrub_unit 0
unrepairable good
expect_log "$MNT: Full repairs in progress."
pause 2
refuse_log 'full scrub unit|offline repair needed'
: >"$HERE/go"
expect_log "$MNT: full scrub unit has ended without complaint"
expect_repairs bnobt 2
ends

scrub_unit 1
unrepairable bad
expect_log "$MNT: Full repairs in progress."
expect_log "$MNT: full scrub unit has failed (exit code 1); $(see)"
expect_repairs bnobt 2
ends

rm "$HERE/go"
unrepairable stopped
expect_log "$MNT: Full repairs in progress."
has_begun() { (($(full_scrubs "$FS") == 1)); }
eventually "$PATIENCE" has_begun
eval "$(sed -n 's/.* the full scrub runs; this ends it: //p' "$LOG")"
systemctl show "xfs_scrub@mnt-$FS.service" >"$HERE/$FS.show" || true
expect_log "$MNT: full scrub was ended by a signal"
not_judged() {
	eventually "$PATIENCE" still 3 news
	refuse_log 'offline repair needed|full scrub finished'
	expect_repairs bnobt 1
	unmount "$MNT"
	expect_end "$END_LIMIT"
}
not_judged

scrub_unit 0 ConditionPathExists=/nowhere
unit stays.service '[Unit]' DefaultDependencies=no After=xfs_scrub@mnt-skipped.service '[Service]' RemainAfterExit=yes ExecStart=/bin/true
systemctl start stays.service  # so that systemd does not forget the other, however slow this machine is
unrepairable skipped
expect_log "$MNT: full scrub unit seems not to have run; $(see)"
not_judged
systemctl stop stays.service

: >"$HERE/go"
scrub_unit 1
use short
fs plain
damage_ag 1 bnobt
mount_fs
MNT=/mnt/$(printf 'x%.0s' {1..250})  # too long for the name of a unit
mkdir "$MNT"
heal
MNT=/mnt/short touch_ag 1 bnobt
expect_log_like '^/mnt/short: full scrub unit has failed \(exit code 1\); see: '
expect_log_like ' agno 0x1 bnobt: offline repair needed: '
expect_repairs bnobt 2
kill "$PID"
expect_end "$END_LIMIT"

rm /run/systemd/system/xfs_scrub@.service
systemctl daemon-reload
unrepairable none
expect_err "$MNT: Could not start xfs_scrub service unit: xfs_scrub@mnt-none.service"
refuse_log 'in progress'
expect_repairs bnobt 1
ends
expect_full_scrubs 4
