# SPDX-License-Identifier: LGPL-2.1-or-later
# An inode whose mappings make no sense gets them back from the reverse mappings, and nothing is told. Where these do not know of
# the file, it has lost its data, which is told once.
new_file() {
	fs full -m metadir=1
	mount_fs
	seq 60000 >"$MNT/f"
	umount_fs
	inode=$(inode_number f)
	edit 'path /f' 'write -d u3.bmx[0].startblock 99999999'
}
heals() {
	heal
	touch_inode f
	expect_log_like ' core: Repairs successful\.$'
	expect_log_like ' datafork: Repairs successful\.$'
	repairs_vary
}
new_file
heals
pause 3
refuse_log lost
clean

use gone
new_file
record=$(xfs_db -r -c 'agf 0' -c 'addr rmaproot' -c 'p recs' "$DEV" | tr ' ' '\n' | sed -n "s/^\([0-9]*\):\[[0-9]*,[0-9]*,$inode,.*/\1/p")
edit 'agf 0' 'addr rmaproot' "write -d recs[$record].owner $((inode + 1))"
heals
expect_log "$MNT/f pos 0 len 348894: data is lost: no repair could bring it back"
pause 3
expect [ "$(how_many 'data is lost' "$LOG")" = 1 ]
umount_fs
expect_end "$END_LIMIT"
