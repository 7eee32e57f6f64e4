# SPDX-License-Identifier: LGPL-2.1-or-later
# One file has what the kernel says of all filesystems, also of one that is mounted later and of one that is mounted again.
# Replayed, each is named by its mount point. Where nothing can be recorded, all are monitored without it.
fs full
damage_ag 1 bnobt
mount_fs
use late
fs full
damage_ag 2 cntbt
heal_all --record="$HERE/recording"
use fs
all_says '/mnt/fs: monitoring started'
touch_ag 1 bnobt
all_says '/mnt/fs agno 0x1 bnobt: Repairs successful.'
use late
mount_fs
all_says '/mnt/late: monitoring started'
touch_ag 2 cntbt
all_says '/mnt/late agno 0x2 cntbt: Repairs successful.'
expect_repairs cntbt 1
expect_clean
use fs
expect_repairs bnobt 1
expect_clean
end_all
"$HEALER" --replay="$HERE/recording" >"$HERE/replayed" 2>&1 || fail "the replay ended with $?"
for name in fs late; do
	expect grep -Fxq "/mnt/$name: monitoring started" "$HERE/replayed"
	expect grep -Fxq "/mnt/$name: filesystem unmounted" "$HERE/replayed"
done
expect grep -Fxq '/mnt/fs agno 0x1: would repair: bnobt' "$HERE/replayed"
expect grep -Fxq '/mnt/late agno 0x2: would repair: cntbt' "$HERE/replayed"
expect grep -Fxq '/mnt/late agno 0x2 cntbt: its repair then: successful' "$HERE/replayed"
refuse grep -q 'Repairs successful' "$HERE/replayed"

use fs
mount_fs
heal_all --record="$MNT/recording"
all_says '/mnt/fs: monitoring started'
refused="cannot record in $MNT/recording: it is on an XFS, which is monitored, and which it would hold and change"
expect grep -Fq "$refused" "$ALL_ERR"
expect [ ! -e "$MNT/recording" ]
end_all
