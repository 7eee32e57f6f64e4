# SPDX-License-Identifier: LGPL-2.1-or-later
# A shutdown that comes in a storm of a hundred thousand errors of many files is said, and once, though the kernel has only counted it: of
# an XFS and of an ext4. The log stays short, and of a filesystem that goes on nobody says that it has shut down.
use ext
other ext4 -b 4096
use up
fs plain
mount_fs
use fs
fs plain
mount_fs
for place in /mnt/fs /mnt/ext /mnt/up; do
	mkdir "$place/many"
	for i in {1..100}; do seq 2000 >"$place/many/$i"; done
	sync -f "$place"
done
# storm PLACE TIMES: so many errors of each file there.
storm() { for file in "$1"/many/*; do read_nowhere "$file" "$2"; done; }
fserrord
fserrord_says '/mnt/fs: xfs: watched for errors of metadata and of file data'
fserrord_says '/mnt/up: xfs: watched for errors of metadata and of file data'
fserrord_says '/mnt/ext: ext4: watched for errors of metadata and of direct I/O'
for place in /mnt/fs /mnt/ext; do storm "$place" 450; done
storm /mnt/up 100
# The event that waits now takes up as a number what the same thread of the kernel reports after it, as it does on one processor.
kill -STOP "$ERRORS_PID"
for place in /mnt/fs /mnt/ext; do
	taskset -c 0 bash -c 'read_nowhere "$0/many/1" 100; xfs_io -x -c shutdown "$0"' "$place"
done
read_nowhere /mnt/up/many/1 100
pause 1
kill -CONT "$ERRORS_PID"
for place in /mnt/fs /mnt/ext; do fserrord_complains "$place: the filesystem has shut down"; done
storm /mnt/up 10
pause 12
end_fserrord
measure 'Storm of 100000 errors and two shutdowns' "lines=$(wc -l <"$ERRORS_LOG")"
for place in /mnt/fs /mnt/ext; do expect [ "$(how_many "^$place: the filesystem has shut down" "$ERRORS_ERR")" = 1 ]; done
fserrord_never_said '^/mnt/up: .*shut down'
expect [ "$(how_many ': filesystem error\|filesystem errors' "$ERRORS_LOG")" -le 150 ]
umount /mnt/fs /mnt/ext /mnt/up
