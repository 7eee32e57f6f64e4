# SPDX-License-Identifier: LGPL-2.1-or-later
# The metadata of a realtime group are trashed one after the other under the mounted filesystem: bitmap, summary, reverse
# mappings, reference counts; each is healed with one call. The superblock of the realtime device is in memory as long as
# it is mounted: Linux 7.2 never sees what became of it on the device, and writes it anew with the next change of a label.
fs_realtime -m metadir=1,rmapbt=1,reflink=1,autofsck=repair -n parent=1
structure 'rt superblock' rgsuper -
structure 'rt bitmap' rtbitmap ' rgno 0x0 bitmap'
structure 'rt summary' rtsummary ' rgno 0x0 summary'
structure 'rt rmap' rtrmapbt ' rgno 0x0 rmapbt'
structure 'rt refcount' rtrefcountbt ' rgno 0x0 refcountbt'
make_shared data
heal
# damaged BYTE FILE XFS_DB COMMAND SCRUB NAME
damaged() {
	trash_mounted "$1" "path -m /rtgroups/0.$2" "$3"
	scrub "$4 0"
	expect_log "$MNT rgno 0x0 $5: Repairs successful."
}
damaged 64 bitmap 'dblock 0' rtbitmap bitmap
damaged 64 summary 'dblock 0' rtsummary summary
damaged 8 rmap 'addr u3.rtrmapbt.ptrs[1]' rtrmapbt rmapbt
damaged 8 refcount 'addr u3.rtrefcbt.ptrs[1]' rtrefcountbt refcountbt
forget
printf damage | dd of="$HERE/fs.rt.img" bs=1 seek=40 conv=notrunc status=none
scrub 'rgsuper 0'
refuse_log ' super: '
xfs_io -c 'label -s new' "$MNT"
expect_repairs rtbitmap 1 2
expect_repairs rtsummary 1 2
expect_repairs rtrmapbt 1 5
expect_repairs rtrefcountbt 1 5
clean
