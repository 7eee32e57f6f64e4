# SPDX-License-Identifier: LGPL-2.1-or-later
# An inode btree and a symlink of the same AG are damaged before the healer starts: its first look cannot tell which inodes that
# AG has. Once the btree is healed the AG is looked through, and the symlink is healed though nobody has touched it. A healer that
# may only log tells of the symlink once somebody else has repaired the btree.
# damaged_symlink agno | daddr: a filesystem with one, INO; AT is where that lies.
damaged_symlink() {
	fs full
	mount_fs
	make_symlink two/s
	damage_symlink two/s
	INO=$(inode_number two/s)
	edit "convert inode $INO $1"
	AT=$(sed -n '$s/ .*//p' "$HERE/$FS.xfs_db")
}

damaged_symlink agno
agno=$AT
damage_ag "$agno" inobt
heal --no-autofsck --debug
expect_err "$MNT: look Deep: Incomplete"
refuse_log ' symlink: '
xfs_io -x -c "repair inobt $agno" "$MNT" >/dev/null
expect_log_like ' symlink: sick$'
unmount "$MNT"
expect_end "$END_LIMIT"
damage_ag "$agno" inobt
heal
expect_log "$MNT agno $agno inobt: Repairs successful."
expect_log_like "^$MNT(/two/s| ino $INO gen 0x[0-9a-f]+) symlink: Repairs successful\.$"
expect_repairs inobt 1
expect_repairs symlink 1
expect_repairs fscounters 1  # the rebuild of the inobt makes the kernel doubt its counters
clean

# What the device did not give when it looked is looked at again at SIGHUP, when it does. Nothing reports that.
use unread
damaged_symlink daddr
on_mapper
mount_fs
broken $((AT & ~31)) 32
heal --debug
expect_err "$MNT: look Deep: Incomplete"
unbroken
eventually "$PATIENCE" still 2 news
refuse_log ' symlink: '
kill -HUP "$PID"
in_time 10 grep -Eq "^$MNT(/two/s| ino $INO gen 0x[0-9a-f]+) symlink: Repairs successful\.$" "$LOG"
expect_repairs symlink 1
clean
