# SPDX-License-Identifier: LGPL-2.1-or-later
# The property "autofsck" on filesystems that lack reverse mappings, parent pointers or both: what is said and whether it goes
# on is as with 7.2.0.
for who in ours theirs; do
	use "$who-plain"; fs plain; mount_fs
	use "$who-rmap"; fs -m rmapbt=1; mount_fs
	use "$who-parent"; fs -m rmapbt=0 -n parent=1; mount_fs
done
cases() {
	local LABEL
	for FS in rmap parent plain; do
		use "$WHO-$FS"
		autofsck
		same "$MNT"
		same --repair "$MNT"
	done
	same --quiet "$MNT"
	same --no-autofsck "$MNT"
	same --repair --no-autofsck "$MNT"
	same --supported --repair "$MNT"
	autofsck check
	same "$MNT"
	autofsck repair
	same "$MNT"
	same --supported "$MNT"
	autofsck junk
	same "$MNT"
}
both
