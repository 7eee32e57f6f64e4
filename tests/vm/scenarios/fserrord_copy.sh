# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem is unmounted lazily while a file of it is open, and a copy of it, which is called alike, is mounted in its place. Its errors
# are not those of the copy.
use fs
other ext4 -b 4096
copied
mount "$DEV" "$MNT"

fserrord
fserrord_says '/mnt/fs: ext4: watched for errors of metadata and of direct I/O'
exec 7<"$MNT/f"
umount --lazy "$MNT"
mount "$COPY" "$MNT"
fserrord_says '/mnt/fs: ext4: watched for errors of metadata and of direct I/O' 2
echo x >"/sys/fs/ext4/${DEV#/dev/}/trigger_fs_error"
fserrord_says_like 'filesystem that is not mounted here'
fserrord_never_said '^/mnt/fs.*: filesystem error'
echo y >"/sys/fs/ext4/${COPY#/dev/}/trigger_fs_error"
fserrord_says_like '^/mnt/fs.*: filesystem error'
exec 7<&-
end_fserrord
umount "$MNT"
