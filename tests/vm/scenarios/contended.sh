# SPDX-License-Identifier: LGPL-2.1-or-later
# Somebody else holds the lock that every read of a health monitor takes: the healer does not spin meanwhile, reads later what the
# kernel has to tell, and also does so when it is told to end just then.
alone
use other
fs plain
on_mapper
mount_fs
forget_pages
use fs
fs full
damage_ag 1 bnobt
damage_ag 2 bnobt
heal --debug
eventually "$PATIENCE" grep -q ': look .*: Complete' "$ERR"  # it would find the damage too

use other
hold_anonymous
use fs
touch_ag 1 bnobt
before=$(cpu_time)
pause 6
spent=$(($(cpu_time) - before))
measure 'Another reader is in the way for 6 s' "CPU time, ms=$spent"
refuse_log ' bnobt: '
((spent <= 2000)) || fail "$spent ms of CPU time in 6 s"
expect_err "$MNT: cannot read the health monitor: Resource temporarily unavailable"
release_anonymous
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
expect_repairs bnobt 1
expect [ "$(how_many 'cannot read' "$ERR")" = 1 ]

use other
umount "$MNT"
hold_anonymous
use fs
touch_ag 2 bnobt
kill -TERM "$PID"
release_anonymous
expect_end 2
expect grep -Fxq "$MNT agno 0x2 bnobt: sick" "$LOG"
