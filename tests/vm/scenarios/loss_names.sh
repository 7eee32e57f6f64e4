# SPDX-License-Identifier: LGPL-2.1-or-later
# A file is in no directory any more, which only a scrub finds. The repair of the link counts puts it into lost+found, where its new
# path is told, whether that was empty, and so was not read before, or not; another one that was there before is not told.
in_background

# found_again: one/lines.ab of the filesystem that is mounted, and nothing else.
found_again() {
	local inode
	inode=$(stat -c %i "$MNT/one/lines.ab")
	umount_fs
	strand one/lines.ab
	edit "inode $inode" 'write -d core.nlinkv2 1'
	printf './one/lines.ab\n./lost+found/%s\n' "$inode" >>"$HERE/$FS.lost"
	heal
	scrub nlinks
	expect_log "$MNT nlinks: corrupt"
	expect_healed_after_grace ' nlinks'
	expect_log "$MNT/lost+found/$inode: its name is lost: the repair found no directory that has it"
	expect cmp <(seq 501 1000) "$MNT/lost+found/$inode"
	expect [ "$(how_many 'its name is lost' "$LOG")" = 1 ]
	expect_repairs nlinks 1
	clean
}

for name in empty other; do
	use "$name"
	fs -m rmapbt=1,reflink=1,autofsck=repair -n parent=0
	mount_fs
	if [[ $name == empty ]]; then
		expect [ "$(stat -c '%s %F' "$MNT/lost+found")" = '6 directory' ]
	else
		mv "$MNT/one/lines.ac" "$MNT/lost+found/$(stat -c %i "$MNT/one/lines.ac")"
	fi
	found_again
done
