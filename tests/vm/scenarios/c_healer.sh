# SPDX-License-Identifier: LGPL-2.1-or-later
# A healer in C made of libxfshealer, linked shared and static, heals a bnobt and a directory: one call each, and it says of that
# damage word for word what xfs_healer says. (Without parent pointers, as it knows no paths.)
heal_with() {
	use "$1"
	HEALER=$2
	fs -m rmapbt=1,reflink=1,autofsck=repair -n parent=0 -i exchange=1
	mount_fs
	make_dir d 200
	damage_dir d
	damage_ag 1 bnobt
	heal "${@:3}"
	touch_ag 1 bnobt
	expect_log "$MNT agno 0x1 bnobt: Repairs successful."
	touch_dir d
	expect_log_like "^$MNT ino [0-9]+ gen 0x[0-9a-f]+ directory: Repairs successful\.$"
	expect_repairs bnobt 1 2
	expect_repairs directory 1 2
	clean
	# The kernel takes generations at random.
	sed -E "s|^$MNT|/mnt|; s/ gen 0x[0-9a-f]+/ gen GEN/" "$LOG" >"$HERE/$1.said"
}
heal_with ours "$HEALER" --repair
for how in shared static; do
	heal_with "$how" "/vm/mini/mini_healer_$how"
	expect diff "$HERE/ours.said" "$HERE/$how.said"
done
