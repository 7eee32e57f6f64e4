# SPDX-License-Identifier: LGPL-2.1-or-later
# Where the kernel drops mount events because xfs_healer_start does not get to run, no mount is missed: all are listed again.
services
use one
fs full
use two
fs full
mkdir /mnt/noise
limit=/proc/sys/fs/fanotify/max_queued_events
before=$(<$limit)
echo 4 >$limit  # what a queue may hold is asked when it is opened
starter
echo "$before" >$limit
kill -STOP "$STARTER_PID"
use one
mount_fs
for ((i = 0; i < 10; i++)); do
	mount -t tmpfs tmpfs /mnt/noise
	unmount /mnt/noise
done
use two
mount_fs
kill -CONT "$STARTER_PID"
expect_services mnt-one mnt-two
starter_says 'mount events were lost; all mounts are listed again'
unmount /mnt/one
use one
mount_fs
expect_services mnt-one mnt-one mnt-two
end_starter
