# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem gets one service, however many mounts it has: a bind mount, a second mount and a move start none, also where they
# were there before xfs_healer_start; with the last of them it is forgotten.
services
fs full
mount_fs
mkdir /mnt/{bind,again,moved}
mount --bind "$MNT" /mnt/bind
starter
expect_services mnt-fs
mount -o nouuid "$DEV" /mnt/again
unmount "$MNT"
mount --move /mnt/bind /mnt/moved
mount --bind /mnt/moved "$MNT"
expect_services mnt-fs
expect grep -q ' fstype xfs mountpoint /mnt/again mntroot /$' "$STARTER_LOG"
for dir in "$MNT" /mnt/again /mnt/moved; do unmount "$dir"; done
mount_fs
expect_services mnt-fs mnt-fs
end_starter
