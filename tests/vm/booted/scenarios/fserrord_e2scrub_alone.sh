# SPDX-License-Identifier: LGPL-2.1-or-later
# Where systemd does not run, fserrord --act runs e2scrub itself, and the log has what that found.
alone
use alone_damaged
ext4_on_lvm 300
trash_ext4 d
use alone_sound
ext4_on_lvm 300
use alone_full
ext4_on_lvm 0
trash_ext4 d
cat >"$HERE/without_systemd" <<'END'
#!/bin/bash
mount -t tmpfs none /run/systemd
exec "$@"
END
chmod +x "$HERE/without_systemd"
HOW="unshare --mount --propagation slave $HERE/without_systemd" fserrord --act
use alone_damaged
fserrord_says "$MNT: ext4: watched for errors of metadata and of direct I/O"
touch_dir d
fserrord_complains "$MNT: e2scrub is over; it found errors, which e2fsck has to correct"
fserrord_says_like "^$MNT: e2scrub: \".*: Scrub FAILED due to corruption!"
fserrord_never_said "mlock failed"  # LVM needs its memory while the device stands still
use alone_sound
broken_on_lvm "$(sector_of "$MNT/f" 131072)" 8
refuse xfs_io -rd -c 'pread 128k 4k' "$MNT/f"
fserrord_says "$MNT: e2scrub is over; it found no errors"
use alone_full
touch_dir d
fserrord_complains "$MNT: e2scrub cannot check it: its volume group has no room for a snapshot"
fserrord_says_like "^$MNT: e2scrub: \".* insufficient free space \(.*\"\$"
fserrord_says_like "^$MNT: errors of metadata that it has noted: [1-9][0-9]*; e2fsck checks it at the next boot$"
end_fserrord
lvs >"$HERE/volumes"
refuse grep e2scrub "$HERE/volumes"
for name in damaged sound full; do
	use "alone_$name"
	unmount "$MNT"
	no_lvm
done
