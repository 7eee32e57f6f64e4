# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem that another one is mounted over is named as not watched, by fserrord and in its list, until it can be seen; if another
# mount of it can, it is watched there.
use under
other ext4 -b 4096
under=$(mountpoint -d "$MNT")
mount -t tmpfs over "$MNT"
use parted
other ext4 -b 4096
mkdir -p /mnt/part /mnt/above/below /mnt/more
mount --bind "$MNT/d" /mnt/part
umount "$MNT"
mount "$DEV" /mnt/above/below
mount -t tmpfs over /mnt/above

list() { "$FSERRORD" --list >"$HERE/list"; }
list
expect has_line "$HERE/list" "/mnt/under (covered, $under): ext4: not watched: another mount covers it"
expect has_line "$HERE/list" '/mnt/part: ext4: errors of metadata and of direct I/O; with --act: a line about e2fsck at the next boot'
fserrord
fserrord_complains "/mnt/under (covered, $under): ext4: not watched: another mount covers it"
fserrord_says '/mnt/part: ext4: watched for errors of metadata and of direct I/O'
mount -t tmpfs more /mnt/more
umount /mnt/more
umount /mnt/under
fserrord_says '/mnt/under: ext4: watched for errors of metadata and of direct I/O'
list
expect has_line "$HERE/list" '/mnt/under: ext4: errors of metadata and of direct I/O; with --act: a line about e2fsck at the next boot'
expect [ "$(how_many 'not watched' "$ERRORS_ERR")" = 1 ]
end_fserrord
umount /mnt/above /mnt/part /mnt/above/below /mnt/under
