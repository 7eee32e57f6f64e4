# SPDX-License-Identifier: LGPL-2.1-or-later
# Under the unit that we ship, with --act, an ext4 on LVM is checked by e2scrub when it reports an error, and the log has what that found:
# damage, none, or no room for the snapshot. Of one without LVM the log has what the next boot does.
alone
rm -rf '/run/systemd/system/e2scrub@.service.d'  # of a first try
systemctl daemon-reload
use damaged
ext4_on_lvm 300
trash_ext4 d
use sound
ext4_on_lvm 300
use forbidden
ext4_on_lvm 300
trash_ext4 d
use full
ext4_on_lvm 0
trash_ext4 d
use bare
other ext4 -b 4096
trash_ext4 d
use data
other ext4 -b 4096
on_mapper_again
fserrord_unit ExecStart= "ExecStart=/usr/libexec/xfsprogs/fserrord --act"
for name in damaged sound forbidden full bare data; do fserrord_says "/mnt/$name: ext4: watched for errors of metadata and of direct I/O"; done

use damaged
touch_dir d
fserrord_says "$MNT: e2scrub is started"
fserrord_complains "$MNT: e2scrub is over; it found errors, which e2fsck has to correct"
expect [ "$(systemctl show --value --property=Result "e2scrub@dev-mapper-damaged.$$\\x2dvolume.service")" = exit-code ]

use sound
broken_on_lvm "$(sector_of "$MNT/f" 131072)" 8
refuse xfs_io -rd -c 'pread 128k 4k' "$MNT/f"
fserrord_says "$MNT/f: filesystem error: Input/output error"
fserrord_says "$MNT: e2scrub is started"
fserrord_says "$MNT: e2scrub is over; it found no errors"

use full
touch_dir d
fserrord_says "$MNT: e2scrub is started"
fserrord_complains "$MNT: e2scrub cannot check it: its volume group has no room for a snapshot"
fserrord_says_like "^$MNT: errors of metadata that it has noted: [1-9][0-9]*; e2fsck checks it at the next boot$"

use bare
touch_dir d
fserrord_says_like "^$MNT: errors of metadata that it has noted: [1-9][0-9]*; e2fsck checks it at the next boot$"
use data
broken "$(sector_of "$MNT/f" 131072)" 8
refuse xfs_io -rd -c 'pread 128k 4k' "$MNT/f"
fserrord_says "$MNT: it has noted no error of metadata, so that e2fsck does not check it for one at the next boot"

# A check that is not to run has found nothing out, though systemctl is content.
unit 'e2scrub@.service.d/forbidden.conf' '[Unit]' ConditionPathExists=/nonexistent
use forbidden
touch_dir d
fserrord_says "$MNT: e2scrub is started"
fserrord_complains "$MNT: e2scrub could not check it"
rm -r '/run/systemd/system/e2scrub@.service.d'
systemctl daemon-reload

# Each once, and nothing of it is left.
for name in damaged full bare; do
	use "$name"
	touch_dir d
done
pause 5
expect [ "$(how_many 'e2scrub is started' "$ERRORS_LOG")" = 4 ]
expect [ "$(how_many ' that it has noted: ' "$ERRORS_LOG")" = 3 ]
lvs >"$HERE/volumes"
refuse grep e2scrub "$HERE/volumes"
systemctl stop fserrord.service

# What is noted is what e2fsck goes by.
is_noted() { dumpe2fs -h "$DEV" 2>/dev/null | grep -q '^Filesystem state: *clean with errors'; }
for name in damaged full bare data sound forbidden; do
	use "$name"
	unmount "$MNT"
	case $name in
	damaged | full | bare | forbidden) expect is_noted ;;
	*) refuse is_noted ;;
	esac
done
for name in damaged sound forbidden full; do
	use "$name"
	no_lvm
done
