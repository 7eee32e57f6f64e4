# SPDX-License-Identifier: LGPL-2.1-or-later
# With --dry-run the healer says what it would repair, once however often the damage is touched, and that it would start a
# full scrub, and does neither.
fs full
mount_fs
make_dir d 200
damage_dir d
damage_ag 1 bnobt
heal --dry-run --escalate=1/1h
for i in 1 2 3; do
	touch_ag 1 bnobt
	touch_dir d
done
expect_log "$MNT agno 0x1: would repair: bnobt"
expect_log_like "^$MNT(/d| ino .*): would repair: directory\$"
expect_log "$MNT: would start a full scrub: much was reported damaged in a short time"
eventually "$PATIENCE" still 5 news
expect [ "$(how_many 'would repair: bnobt' "$LOG")" = 1 ]
expect [ "$(how_many 'would repair: directory' "$LOG")" = 1 ]
expect [ "$(how_many 'would start' "$LOG")" = 1 ]
expect [ "$(repairs)" = 0 ]
unmount "$MNT"
expect_end "$END_LIMIT"
refuse xfs_repair -n "$DEV"
