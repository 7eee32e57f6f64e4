# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem is mounted twice, and at the older place nothing answers any more: it is found at the other one, by a healer of all and by
# xfs_healer_start.
in_background
services
serves /mnt/dead
fs full
damage_ag 1 bnobt
mount_fs /mnt/dead/fs
mount_fs
dies "$SERVER"

starter
expect_services mnt-fs
end_starter

heal_all
all_says "$MNT: monitoring started"
touch_ag 1 bnobt
all_says "$MNT agno 0x1 bnobt: Repairs successful."
expect_repairs bnobt 1
end_all

revives "$SERVER"
unmount /mnt/dead/fs
expect_clean
