# SPDX-License-Identifier: LGPL-2.1-or-later
# A full scrub of ours keeps the filesystem from being unmounted; the log says what ends it. After that it can be unmounted, and
# nothing was judged: no offline repair is called for. The end of the healer ends it too.
fs plain
mount_fs
make_dir many 1000
damage_ag 1 bnobt
on_mapper

# scrubbed: the real xfs_scrub is at work, for long.
scrubbed() {
	mount_fs
	slow 300
	PATH=/usr/sbin:$PATH heal
	touch_ag 1 bnobt
	expect_log "$MNT: Full repairs in progress."
	expect_log_like "^$MNT: stays in use while the full scrub runs; this ends it: "
	expect pgrep -x xfs_scrub
	pause 3
	refuse umount "$MNT"
}
scrub_ended() { ! pgrep -x xfs_scrub; }

scrubbed
ends=$(sed -n 's/.* the full scrub runs; this ends it: //p' "$LOG")
eval "$ends"
expect_log "$MNT: full scrub was ended by a signal"
BETWEEN=0.05 in_time 5 umount "$MNT"
slow 0
expect_end 30
refuse_log 'offline repair needed|damage is left'

scrubbed
kill -TERM "$PID"
expect_end "$END_LIMIT"
eventually 10 scrub_ended
umount "$MNT"
expect_repairs bnobt 2 2
