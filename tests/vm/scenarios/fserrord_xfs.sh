# SPDX-License-Identifier: LGPL-2.1-or-later
# Beside a healer of all filesystems fserrord says which file of an XFS is damaged, which cannot be read, and that one has shut down;
# each structure is repaired once, and neither's look makes the other say anything new.
fs full
mount_fs
make_dir d 200
seq 100000 >"$MNT/f"
umount_fs
damage_dir d
on_mapper
mount_fs
use down
fs full
mount_fs
use fs
heal_all
all_says "$MNT: monitoring started"
all_says "/mnt/down: monitoring started"
fserrord
fserrord_says "$MNT: xfs: watched for errors of metadata and of file data"
fserrord_says "/mnt/down: xfs: watched for errors of metadata and of file data"
touch_dir d
fserrord_says "$MNT/d: filesystem error: Structure needs cleaning"
all_says "$MNT/d directory: Repairs successful."
expect_repairs directory 1
at=$(sector_of "$MNT/f" 131072)
pause 2  # what is reported right after a look is not looked up
forget_pages
broken "$at" 8
refuse cat "$MNT/f"
fserrord_says "$MNT/f: filesystem error: Input/output error"
refuse xfs_io -rd -c 'pread 128k 4k' "$MNT/f"
unbroken
eventually "$PATIENCE" still 3 errors_of "$MNT"
xfs_io -x -c shutdown /mnt/down
fserrord_complains "/mnt/down: the filesystem has shut down"
expect [ "$(how_many '/mnt/down: the filesystem has shut down' "$ERRORS_ERR")" = 1 ]
# A look for a path, the repair and the healer's own look make nothing of it: what was read is all that was reported, page by page.
expect [ "$(how_many ': filesystem error: [^:]*$' "$ERRORS_LOG")" -le 4 ]
end_fserrord
end_all
unmount /mnt/down
expect_clean
