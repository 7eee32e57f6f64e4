# SPDX-License-Identifier: LGPL-2.1-or-later
# An ext4 is mounted elsewhere, and another one where it was: a file whose path was looked up before is called by where it is now, in
# the log and for the hook, and not like one of the other filesystem.
use other
other ext4 -b 4096
umount "$MNT"
other=$DEV
use fs
other ext4 -b 4096
on_mapper_again
mkdir -p /mnt/second
printf '#!/bin/bash\necho "$* $FSERRORD_MOUNT$FSERRORD_PATH" >>%q\n' "$HERE/hooked" >"$HERE/hook"
chmod +x "$HERE/hook"
fserrord --exec="$HERE/hook"
fserrord_says "$MNT: ext4: watched for errors of metadata and of direct I/O"
reads_wrong "$MNT/f"
pause 2
mount --bind "$MNT" /mnt/second
at=$(sector_of "$MNT/f" 131072)
umount "$MNT"
mount "$other" "$MNT"
fserrord_says "$MNT: ext4: watched for errors of metadata and of direct I/O" 2
broken "$at" 8
refuse xfs_io -rd -c 'pread 128k 4k' /mnt/second/f
fserrord_says '/mnt/second/f: filesystem error: Input/output error'
eventually "$PATIENCE" grep -qx 'error /mnt/second /mnt/second/f' "$HERE/hooked"
fserrord_never_said "^$MNT/f: filesystem error: Input"
end_fserrord
umount "$MNT" /mnt/second
