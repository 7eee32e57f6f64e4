# SPDX-License-Identifier: LGPL-2.1-or-later
# A symlink, a relative path, a trailing slash: all name the mount, messages name it as it was typed, and the working
# directory of the healer does not hold it.
fs full
mount_fs
make_dir d 20
ln -s "$MNT" /mnt/link
here=$MNT
for typed in /mnt/link "$here/" fs .; do
	use fs
	damage_ag 1 bnobt
	mount_fs
	cd /mnt
	[[ $typed != . ]] || cd "$here"
	MNT=$typed
	heal
	cd /
	MNT=$here
	touch_ag 1 bnobt
	expect_log "$typed: monitoring started"
	expect_log "$typed agno 0x1 bnobt: sick"
	expect_log "$typed agno 0x1 bnobt: Repairs successful."
	unmount "$here"
	expect_end "$END_LIMIT"
	expect_log "$typed: filesystem unmounted"
done
expect_repairs bnobt 4 8
expect_clean
