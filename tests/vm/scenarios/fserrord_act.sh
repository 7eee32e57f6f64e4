# SPDX-License-Identifier: LGPL-2.1-or-later
# With --act an XFS that is reported damaged gets its healer from systemd, which repairs it, and a btrfs a scrub, whose result is said;
# each once. Where a healer is there already none is started, and without --act nothing is.
systemd_runs
our_units
use watched
fs full
mount_fs
make_dir d 200
damage_dir d
heal
remedies_wait

fserrord
fserrord_says "$MNT: xfs: watched for errors of metadata and of file data"
touch_dir d
fserrord_says "$MNT/d: filesystem error: Structure needs cleaning"
pause 3
end_fserrord
refuse [ -s "$LOG" ]

fserrord --act
fserrord_says "$MNT: xfs: watched for errors of metadata and of file data"
fserrord_says '/mnt/b: btrfs: watched for shutdowns and errors of direct I/O'
touch_dir d
fserrord_says "$MNT/d: filesystem error: Structure needs cleaning"
fserrord_says "$MNT: xfs_healer service started."
expect_log "$MNT/d directory: Repairs successful."
expect_repairs directory 1
use watched
touch_dir d
expect_log "$MNT/d directory: Repairs successful."
expect_repairs directory 1
fserrord_says "$MNT/d: filesystem error: Structure needs cleaning"
use b
at=$(sector_of "$MNT/f" 131072)
broken "$at" 8
for i in 1 2 3; do refuse xfs_io -rd -c 'pread 128k 4k' "$MNT/f"; done
fserrord_says "$MNT: a scrub is started"
fserrord_complains "$MNT: the scrub is over; it found errors that it cannot correct"
fserrord_says_like "^$MNT: btrfs: \"ERROR: there are .*uncorrectable errors\"\$"
refuse xfs_io -rd -c 'pread 128k 4k' "$MNT/f"
pause 3
expect [ "$(how_many 'a scrub is started' "$ERRORS_LOG")" = 1 ]
expect [ "$(how_many 'service started' "$ERRORS_LOG")" = 1 ]
end_fserrord
unmount "$MNT"
systemctl stop xfs_healer@mnt-fs.service
use fs
expect_clean
use watched
clean
