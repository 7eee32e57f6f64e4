# SPDX-License-Identifier: LGPL-2.1-or-later
# Under the unit that we ship, with the lines of the manual page that switch --act on, a btrfs that was mounted before is scrubbed, and an
# XFS gets its healer.
systemd_runs
our_units
remedies_wait
fserrord_unit ExecStart= "ExecStart=/usr/libexec/xfsprogs/fserrord --act" ProtectSystem=no ProtectKernelTunables=no \
	'SystemCallFilter=ioprio_set listen accept'
fserrord_says "$MNT: xfs: watched for errors of metadata and of file data"
fserrord_says '/mnt/b: btrfs: watched for shutdowns and errors of direct I/O'
touch_dir d
fserrord_says "$MNT: xfs_healer service started."
expect_log "$MNT/d directory: Repairs successful."
expect_repairs directory 1
use b
broken "$(sector_of "$MNT/f" 131072)" 8
refuse xfs_io -rd -c 'pread 128k 4k' "$MNT/f"
fserrord_says "$MNT: a scrub is started"
fserrord_complains "$MNT: the scrub is over; it found errors that it cannot correct"
fserrord_never_said WARNING  # as of a priority that it could not give itself
systemctl stop fserrord.service
unmount "$MNT"
systemctl stop xfs_healer@mnt-fs.service
use fs
expect_clean
