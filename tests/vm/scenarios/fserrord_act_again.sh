# SPDX-License-Identifier: LGPL-2.1-or-later
# With --act a btrfs that is unmounted and mounted again after its scrub is not scrubbed again, though it still reports errors.
other btrfs -d single
on_mapper_again
fserrord --act
fserrord_says "$MNT: btrfs: watched for shutdowns and errors of direct I/O"
at=$(sector_of "$MNT/f" 131072)
broken "$at" 8
refuse xfs_io -rd -c 'pread 128k 4k' "$MNT/f"
fserrord_says "$MNT/f: filesystem error: Input/output error"
fserrord_complains "$MNT: the scrub is over; it found errors that it cannot correct"
unmount "$MNT"
unbroken
mount "$DEV" "$MNT"
fserrord_says "$MNT: btrfs: watched for shutdowns and errors of direct I/O" 2
broken "$at" 8
refuse xfs_io -rd -c 'pread 128k 4k' "$MNT/f"
fserrord_says "$MNT/f: filesystem error: Input/output error" 2
pause 3
expect [ "$(how_many 'a scrub is started' "$ERRORS_LOG")" = 1 ]
end_fserrord
unmount "$MNT"
