# SPDX-License-Identifier: LGPL-2.1-or-later
# One process heals what is mounted and what is mounted later. The end of one filesystem is not that of the others; a second
# mount of one changes nothing, and one that was unmounted and comes back is watched again, however soon. Where another one comes in
# the place of the first of two mounts, both are. SIGTERM ends it with exit 0.
fs full
damage_ag 1 bnobt
mount_fs
use late
fs full
for n in 1 2; do damage_ag "$n" bnobt; done

heal_all
all_says '/mnt/fs: monitoring started'
all_says '/mnt/fs: Automatically repairing per autofsck directive.'
use fs
touch_ag 1 bnobt
all_says '/mnt/fs agno 0x1 bnobt: Repairs successful.'
use late
mount_fs
all_says '/mnt/late: monitoring started'
touch_ag 1 bnobt
all_says '/mnt/late agno 0x1 bnobt: Repairs successful.'

mkdir /mnt/again
mount --bind "$MNT" /mnt/again
use fs
expect_repairs bnobt 1
expect_clean
all_says '/mnt/fs: filesystem unmounted'
mount_fs
all_says '/mnt/fs: monitoring started' 3  # expect_clean had mounted it too
make_symlink s
damage_symlink s
for i in 1 2 3 4 5; do
	mount_fs
	unmount "$MNT"
done
mount_fs
touch_symlink s
all_says '/mnt/fs/s symlink: Repairs successful.'
expect_repairs symlink 1
expect_clean
use late
expect [ "$(how_many '/mnt/late: monitoring started' "$ALL_LOG")" = 1 ]
refuse grep -q 'again' "$ALL_LOG"

unmount "$MNT"
use taker
fs full
damage_ag 1 bnobt
mount_fs /mnt/late
all_says '/mnt/late: monitoring started' 2
MNT=/mnt/late touch_ag 1 bnobt
all_says '/mnt/late agno 0x1 bnobt: Repairs successful.' 2
expect_repairs bnobt 1
unmount /mnt/late
use late
MNT=/mnt/again touch_ag 2 bnobt
all_says '/mnt/again agno 0x2 bnobt: Repairs successful.'
expect_repairs bnobt 2
unmount /mnt/again
expect_clean
end_all
