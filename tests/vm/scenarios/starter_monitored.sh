# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem that is monitored already is left alone, whoever started its healer: so xfs_healer_start can be restarted without
# restarting a healer. When that healer is gone and the filesystem is mounted anew, it gets its service.
services
fs full
heal
starter
starter_says "$MNT: already monitored"
expect_services
end_starter
starter
starter_says "$MNT: already monitored"
mkdir /mnt/bind
mount --bind "$MNT" /mnt/bind
unmount /mnt/bind
expect_services
expect listening
unmount "$MNT"
expect_end "$END_LIMIT"
mount_fs
expect_services mnt-fs
end_starter
