# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem has two mounts and its healer at the first. That one goes and another filesystem comes in its place, so that the
# unit, which is named after it, becomes the other's: soon both have a healer, also where the first one was there before
# xfs_healer_start, and though it ends only some time after that.
services_heal
use taken
fs full
damage_ag 1 bnobt
mount_fs
systemctl restart --no-block xfs_healer@mnt-taken.service
service_says mnt-taken "$MNT: monitoring started"
mkdir /mnt/other
mount --bind "$MNT" /mnt/other
starter
starter_says "$MNT: already monitored"
unmount "$MNT"
use taker
fs full
damage_ag 1 bnobt
mount_fs /mnt/taken
service_says mnt-taken "/mnt/taken: monitoring started" 2
service_says mnt-other "/mnt/other: monitoring started"
MNT=/mnt/taken touch_ag 1 bnobt
service_says mnt-taken "/mnt/taken agno 0x1 bnobt: Repairs successful."
expect_repairs bnobt 1
unmount /mnt/taken
use taken
MNT=/mnt/other touch_ag 1 bnobt
service_says mnt-other "/mnt/other agno 0x1 bnobt: Repairs successful."
expect_repairs bnobt 1

mount_fs
unmount /mnt/other  # the healer goes on
use taker
mount_fs /mnt/other
service_says mnt-taken "/mnt/taken: monitoring started" 3
service_says mnt-other "/mnt/other: monitoring started" 2
expect_services mnt-taken mnt-taken mnt-other mnt-taken mnt-other
end_starter
for dir in taken other; do unmount "/mnt/$dir"; done
