# SPDX-License-Identifier: LGPL-2.1-or-later
# Sectors of each kind of owner go bad, one after the other: it is told what lies on each, and whether anything is lost. What
# is told once is not told again. Without reverse mappings only free space is known.
# goes_bad SECTOR WORDS: what is told of these 8 sectors.
goes_bad() {
	broken "$1" 8
	verify "$1" 8
	expect_log "$MNT datadev daddr 0x$(printf %x "$1") bbcount 0x8: $2"
}
fs full
on_mapper
mount_fs
seq 60000 >"$MNT/f"
sync
umount_fs
inode=$(inode_number f)
log=$(sector_of_log)
agf=$(daddr_of 'agf 3')
inobt=$(daddr_of 'agi 1' 'addr root')
bnobt=$(daddr_of 'agf 2' 'addr bnoroot')
chunk=$(daddr_of "inode $inode")
chunk=$((chunk - chunk % 8))
heal
free=$(free_sector)
goes_bad "$free" 'free space; nothing is lost'
at=$(sector_of "$MNT/f" 131072)
broken "$at" 8
verify "$at" 8
expect_log "$MNT/f pos 131072 len 4096: data is lost: the medium cannot be read"
goes_bad "$log" 'the log; what it holds may be lost with the next crash'
# The headers have a sector each, and leave the rest of their block.
touch_ag 3 bnobt
broken "$agf" 1
verify "$agf" 1
expect_log "$MNT datadev daddr 0x$(printf %x "$agf") bbcount 0x1: the AGF of agno 0x3, which cannot be written elsewhere"
broken "$chunk" 8
verify "$chunk" 8
expect_log_like "^$MNT datadev daddr 0x$(printf %x "$chunk") bbcount 0x8: inodes [0-9]+ to [0-9]+; those in use are lost$"
first=$(sed -n 's/.*: inodes \([0-9]*\) to .*/\1/p' "$LOG")
expect [ "$first" -le "$inode" ]
expect [ "$inode" -lt $((first + 8)) ]
# Btrees are rebuilt elsewhere, though the copies in memory are good and no check finds anything.
touch_ag 1 inobt
goes_bad "$inobt" 'an inobt or finobt block of agno 0x1; it is to be rebuilt elsewhere'
expect_log "$MNT agno 0x1 inobt: Repairs successful."
expect_repairs inobt 1
expect_repairs fscounters 1  # which such a rebuild reports
touch_ag 2 bnobt
touch_ag 2 cntbt
touch_ag 2 rmapbt
goes_bad "$bnobt" 'a bnobt, cntbt or rmapbt block, or a spare one, of agno 0x2; it is to be rebuilt elsewhere'
expect_log "$MNT agno 0x2 bnobt: Repairs successful."
expect_log "$MNT agno 0x2 rmapbt: Repairs successful."
expect_repairs bnobt 1
expect_repairs rmapbt 1
broken "$free" 8
verify "$free" 8
pause 3
expect [ "$(how_many 'free space; nothing is lost' "$LOG")" = 1 ]
unbroken
clean
refuse [ "$(daddr_of 'agi 1' 'addr root')" = "$inobt" ]
refuse [ "$(daddr_of 'agf 2' 'addr bnoroot')" = "$bnobt" ]

use plain
fs plain
on_mapper
heal
free=$(free_sector)
goes_bad "$free" 'free space; nothing is lost'
touch_ag 1 inobt  # so that the first look does not come upon it
goes_bad "$(daddr_of 'agi 1' 'addr root')" 'what is there is not known, and may be lost'
unbroken
clean

# Mounted norecovery nothing is asked: what is free may not be once the log is replayed.
use unrecovered
fs full
on_mapper
mount_fs
free=$(free_sector)
umount_fs
mount -o ro,norecovery "$DEV" "$MNT"
heal
goes_bad "$free" 'what is there cannot be found out: mounted norecovery'
unbroken
unmount "$MNT"
expect_end "$END_LIMIT"
