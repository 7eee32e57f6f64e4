# SPDX-License-Identifier: LGPL-2.1-or-later
# Nobody takes what the healer writes: its output is a full device, a full pipe, a pipe without a reader. It heals all the same.
heals() {
	touch_ag 1 bnobt
	expect_repairs bnobt 1 2
	umount_fs
	eventually "$PATIENCE" gone
	expect_clean
}
damaged() {
	use "$1"
	fs full
	damage_ag 1 bnobt
}

damaged full_device
heal_into /dev/full
heals

damaged full_pipe
mkfifo "$HERE/full"
exec 8<>"$HERE/full"
dd if=/dev/zero of="$HERE/full" bs=4k oflag=nonblock status=none 2>/dev/null || true
heal_into "$HERE/full"
heals

damaged no_reader
mkfifo "$HERE/unread"
exec 9<>"$HERE/unread"
heal_into "$HERE/unread"
exec 9<&-
heals
