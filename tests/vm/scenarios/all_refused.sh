# SPDX-License-Identifier: LGPL-2.1-or-later
# What cannot be monitored is said and skipped: one that another healer monitors, one whose property forbids it. The others are
# healed, also one that is mounted only where another one covers it, once that is gone, and also beside one that has shut down.
use theirs
fs full
heal
use off
fs full -m autofsck=none
mount_fs
use dead
fs full
mount_fs
use below
fs full
damage_ag 1 bnobt
mount_fs
use above
fs full
damage_ag 1 bnobt
mount -o nouuid "$DEV" /mnt/below

heal_all
all_complains '/mnt/theirs: XFS health monitoring already running.'
all_says '/mnt/off: Disabling daemon per autofsck directive.'
all_says '/mnt/dead: monitoring started'
xfs_io -x -c shutdown /mnt/dead
all_says '/mnt/dead: filesystem shut down due to log I/O error, forced unmount'
all_says '/mnt/below: monitoring started'
xfs_io -x -c 'scrub bnobt 1' /mnt/below >/dev/null || true
all_says '/mnt/below agno 0x1 bnobt: Repairs successful.'
expect_repairs bnobt 1
unmount /mnt/below
all_says '/mnt/below: filesystem unmounted'
all_says '/mnt/below: monitoring started' 2
use below
touch_ag 1 bnobt
all_says '/mnt/below agno 0x1 bnobt: Repairs successful.' 2
expect_repairs bnobt 1
expect_clean
unmount /mnt/dead
for name in above off theirs; do
	use "$name"
	expect_clean
done
expect [ "$(wc -l <"$ALL_ERR")" = 1 ]
end_all
expect timeout "$(slowly 10)" "$HEALER" --all --supported
