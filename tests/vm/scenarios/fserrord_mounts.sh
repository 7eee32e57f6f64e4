# SPDX-License-Identifier: LGPL-2.1-or-later
# Filesystems are watched wherever they are mounted, now or later: two copies that are called alike apart, a subvolume of a btrfs, a
# part of a filesystem. What is on FUSE is not opened, and one behind a directory that does not answer stops no other.
serves /mnt/dead
use late
fs plain
use behind
fs plain
MNT=/mnt/dead/below mount_fs /mnt/dead/below
use fs
other ext4 -b 4096
copied
mkdir /mnt/copy
mount "$COPY" /mnt/copy
mount "$DEV" "$MNT"
use sub
other btrfs
btrfs -q subvolume create "$MNT/sub"
seq 100000 >"$MNT/sub/g"
sync -f "$MNT"
umount "$MNT"
on_mapper
mount -o subvol=sub "$DEV" "$MNT"
dies "$SERVER"

fserrord
fserrord_says 'no filesystem of type fuse is watched'
fserrord_says '/mnt/fs: ext4: watched for errors of metadata and of direct I/O'
fserrord_says '/mnt/copy: ext4: watched for errors of metadata and of direct I/O'
fserrord_says '/mnt/sub: btrfs: watched for shutdowns and errors of direct I/O'
reads_wrong /mnt/copy/f 3
fserrord_never_said '^/mnt/fs/f'
fserrord_complains '/mnt/dead/below: does not answer; it is watched once it does'
revives "$SERVER"  # not later: xfs_io asks each mount point of an XFS
fserrord_says '/mnt/dead/below: xfs: watched for errors of metadata and of file data'
broken "$(sector_of /mnt/sub/g 131072)" 8
refuse xfs_io -rd -c 'pread 128k 4k' /mnt/sub/g
fserrord_says '/mnt/sub/g: filesystem error: Input/output error'
use late
mount_fs
fserrord_says '/mnt/late: xfs: watched for errors of metadata and of file data'
mkdir /mnt/late/dir /mnt/part
seq 100000 >/mnt/late/dir/h
mount --bind /mnt/late/dir /mnt/part
umount /mnt/late
reads_wrong /mnt/part/h
umount /mnt/part
mount_fs
fserrord_says '/mnt/late: xfs: watched for errors of metadata and of file data' 2
kill -HUP "$ERRORS_PID"
end_fserrord
umount /mnt/late /mnt/fs /mnt/copy /mnt/sub /mnt/dead/below
