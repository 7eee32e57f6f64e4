# SPDX-License-Identifier: LGPL-2.1-or-later
# A directory and an inode of an ext4 are damaged, and a file of it cannot be read directly: fserrord names what has a path by that,
# and says how often. Its own looks make no loop: that for the directory makes no error at all, that for the inode, which nobody can
# load, one; the filesystem has counted as many as were reported.
other ext4 -b 4096
seq 1000 >"$MNT/g"
trash_ext4 d
umount "$MNT"
debugfs -w -R 'set_inode_field /g block[0] 0' "$DEV" 2>"$HERE/debugfs"
mount "$DEV" "$MNT"
on_mapper_again
fserrord
fserrord_says "$MNT: ext4: watched for errors of metadata and of direct I/O"
touch_dir d
fserrord_says "$MNT/d: filesystem error: Bad message"
eventually "$PATIENCE" still 3 errors_of "$MNT"
expect [ "$(kernel_counts)" = 1 ]
expect has_heard "$MNT" 1
at=$(sector_of "$MNT/f" 131072)
broken "$at" 8
refuse xfs_io -rd -c 'pread 128k 4k' "$MNT/f"
fserrord_says "$MNT/f: filesystem error: Input/output error"
# ext4 does not report what fails in the page cache.
forget_pages
refuse cat "$MNT/f"
eventually "$PATIENCE" still 3 errors_of "$MNT"
expect has_heard "$MNT" 2
refuse stat "$MNT/g"
fserrord_says_like "^$MNT ino [0-9]+ gen 0x[0-9a-f]+: filesystem error: Structure needs cleaning$"
eventually "$PATIENCE" still 3 errors_of "$MNT"
expect [ "$(kernel_counts)" = 3 ]
expect has_heard "$MNT" 4
for _ in 1 2 3 4 5; do refuse stat "$MNT/g"; done
eventually "$PATIENCE" still 3 errors_of "$MNT"
expect [ "$(kernel_counts)" = 8 ]
expect has_heard "$MNT" 9
fserrord_says_like "^$MNT ino [0-9]+ gen 0x[0-9a-f]+: filesystem error: Structure needs cleaning: [0-9]+ more times$"
unmount "$MNT"
end_fserrord
expect [ ! -s "$ERRORS_ERR" ]
