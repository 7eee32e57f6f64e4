# SPDX-License-Identifier: LGPL-2.1-or-later
# A SCSI disk has a medium error in one sector, of each kind of owner, one after the other. A look at the media finds it, or a read
# of the file; what lies there is told as by any other device, and with the disk's own error.
# bad SECTOR WORDS: what is told when the block with this sector is looked at.
bad() {
	local at=$(($1 - $1 % 8))
	cannot_be_read "$1" 1
	verify "$at" 8
	expect_log "$MNT datadev daddr 0x$(printf %x "$at") bbcount 0x8: $2"
}
fs full
on_scsi_disk
mount_fs
seq 60000 >"$MNT/f"
make_dir d 200
sync
umount_fs
chunk=$(daddr_of "inode $(inode_number f)")
log=$(sector_of_log)
directory=$(daddr_of 'path /d' 'dblock 0')
inobt=$(daddr_of 'agi 1' 'addr root')
cntbt=$(daddr_of 'agf 2' 'addr cntroot')
agi=$(daddr_of 'agi 3')
heal
at=$(sector_of "$MNT/f" 131072)
free=$(free_sector)
bad $((free + 3)) 'free space; nothing is lost'
bad $((log + 5)) 'the log; what it holds may be lost with the next crash'
cannot_be_read $((at + 2)) 1
refuse xfs_io -rd -c 'pread 128k 4k' "$MNT/f"
expect_log "$MNT/f pos 131072 len 4096: directio_read: No data available"
expect_log "$MNT/f pos 131072 len 4096: data cannot be read: No data available"
verify "$at" 8
expect_log "$MNT/f pos 131072 len 4096: data is lost: the medium cannot be read"
cannot_be_read $((directory + 1)) 1
verify "$directory" 8
expect_log "$MNT/d: a part of the directory is on a medium that cannot be read; a repair may bring it back"
cannot_be_read $((chunk + 1)) 1
verify $((chunk - chunk % 8)) 8
expect_log_like "^$MNT datadev daddr 0x$(printf %x $((chunk - chunk % 8))) bbcount 0x8: inodes [0-9]+ to [0-9]+; those in use are lost$"
# The headers have a sector each, and leave the rest of their block.
touch_ag 3 inobt
cannot_be_read "$agi" 1
verify "$agi" 1
expect_log "$MNT datadev daddr 0x$(printf %x "$agi") bbcount 0x1: the AGI of agno 0x3, which cannot be written elsewhere"
touch_ag 1 inobt
bad "$inobt" 'an inobt or finobt block of agno 0x1; it is to be rebuilt elsewhere'
expect_log "$MNT agno 0x1 inobt: Repairs successful."
expect_repairs inobt 1
expect_repairs fscounters 1  # which such a rebuild reports
touch_ag 2 bnobt
touch_ag 2 cntbt
touch_ag 2 rmapbt
bad "$cntbt" 'a bnobt, cntbt or rmapbt block, or a spare one, of agno 0x2; it is to be rebuilt elsewhere'
expect_log "$MNT agno 0x2 bnobt: Repairs successful."
expect_log "$MNT agno 0x2 rmapbt: Repairs successful."
expect_repairs bnobt 1
expect_repairs rmapbt 1
can_be_read
clean
refuse [ "$(daddr_of 'agi 1' 'addr root')" = "$inobt" ]
refuse [ "$(daddr_of 'agf 2' 'addr cntroot')" = "$cntbt" ]
