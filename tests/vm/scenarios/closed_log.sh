# SPDX-License-Identifier: LGPL-2.1-or-later
# Nobody takes what the healer writes: its output is a full device, a full pipe, a pipe without a reader. It heals all the
# same, and where a repair fails, a full scrub runs to its end and holds nothing.
real_xfs_scrub
damaged() {
	use "$1"
	fs full
	damage_ag 1 bnobt
}
heals() {
	touch_ag 1 bnobt
	expect_repairs bnobt 1 2
	umount_fs
	eventually "$PATIENCE" gone
	expect_clean
}

damaged full_device
heal_into /dev/full
heals

damaged full_pipe
mkfifo "$HERE/full"
exec 8<>"$HERE/full"
dd if=/dev/zero of="$HERE/full" bs=4k oflag=nonblock status=none 2>/dev/null || true
heal_into "$HERE/full" 8<&-
heals

damaged no_reader
mkfifo "$HERE/unread"
exec 9<>"$HERE/unread"
heal_into "$HERE/unread" 8<&- 9<&-
exec 9<&-
heals

use scrubbed
fs plain
damage_ag 1 bnobt
heal_into "$HERE/full" 8<&-
touch_ag 1 bnobt
expect_repairs bnobt 1 1
expect_full_scrubs 1
eventually "$PATIENCE" [ -s /mnt/.full_scrubs_ended ]
unmount "$MNT"
eventually "$PATIENCE" gone
