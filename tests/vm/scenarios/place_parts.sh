# SPDX-License-Identifier: LGPL-2.1-or-later
# All of the filesystem is mounted read-only, as the root of an image-based system is, and directories of it read-write: it is
# healed through these, also where nothing else of it is left, and at last through a single file; a pipe is not opened. What the
# root directory says counts, no part is named as the filesystem, each can be unmounted, and at none a full scrub starts.
fs full
mount_fs
for it in s t; do make_symlink "$it"; done
mkfifo "$MNT/pipe"
umount_fs
for it in s t; do damage_symlink "$it"; done
for n in 1 2 3; do damage_ag "$n" bnobt; done
mount_fs
setfattr -n trusted.xfs:autofsck -v none "$MNT/one"  # of another directory it means nothing
cd /mnt
mkdir part part-ro
touch pipe file
mount --bind "$MNT/pipe" pipe
mount --bind "$MNT/one" part
mount --bind "$MNT/one/lines.aa" file
mount --bind -o ro "$MNT/two" part-ro
cd /
heal
mount -o remount,bind,ro "$MNT"
MNT=/mnt/part touch_ag 1 bnobt
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
touch_symlink s
expect_log "$MNT/s symlink: Repairs successful."
unmount "$MNT"
MNT=/mnt/part touch_ag 2 bnobt
expect_log "$MNT agno 0x2 bnobt: Repairs successful."
unmount /mnt/part
MNT=/mnt/part-ro touch_ag 3 bnobt
expect_log "$MNT agno 0x3 bnobt: Repairs successful."
expect_repairs bnobt 3
expect_repairs symlink 1
refuse_log '/part|/file|/pipe|read-only|Only|Disabling'

mount_fs
setfattr -n trusted.xfs:autofsck -v check "$MNT"
mount --bind "$MNT/one" /mnt/part
mount -o remount,bind,ro "$MNT"
touch_symlink t
expect_log "$MNT: Only logging errors per autofsck directive."
mount -o remount,bind,rw "$MNT"
rm "$MNT/t"
for it in pipe part file part-ro; do unmount "/mnt/$it"; done
unmount "$MNT"
expect_end "$END_LIMIT"
expect_log "$MNT: filesystem unmounted"
mount_fs
setfattr -n trusted.xfs:autofsck -v repair "$MNT"
setfattr -x trusted.xfs:autofsck "$MNT/one"
expect_clean

use plain
fs plain
damage_inode one/lines.ac
mount_fs
mount --bind "$MNT/two" /mnt/part
heal
unmount "$MNT"
expect_log_like "^$MNT ino [0-9]+ gen 0x0 core: sick\$"  # nobody but a look has come upon it
expect_err "$MNT: no full scrub is started: only a part of the filesystem is mounted"
expect_log_like "^$MNT ino [0-9]+ gen 0x0 core: offline repair needed: "
expect_repairs inode 1
unmount /mnt/part
expect_end "$END_LIMIT"
