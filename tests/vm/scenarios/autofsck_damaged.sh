# SPDX-License-Identifier: LGPL-2.1-or-later
# The attributes of the root directory are damaged, and with them the property "autofsck": each look at it makes the kernel
# report the damage. It is looked at once, not each minute nor before each repair, and that is said; once somebody has
# repaired the attributes it is looked at again.
in_background
# fill_root N: attributes that are too long for the inode, each followed by a block of a file.
fill_root() {
	local i
	for ((i = 0; i < $1; i++)); do
		setfattr -n "user.attr_$i" -v "$(printf '%03500d' "$i")" "$MNT"
		xfs_io -f -c 'pwrite -q 0 4k' -c fsync "$MNT/between.$i"
	done
}
each() { for FS in leaf mapping; do use "$FS"; "$@"; done; }

use leaf  # a block of attributes
fs full
mount_fs
fill_root 4
trash 8 'path /' 'ablock 0'
use mapping  # a block of the btree that says where those are
fs full
mount_fs
fill_root 34
trash 8 'path /' 'addr a.bmbt.ptrs[1]'
begin_one() {
	repairs_vary
	damage_ag 1 bnobt
	heal
	expect_log "$MNT: Only logging errors per autofsck directive."
	touch_ag 1 bnobt
}
each begin_one

use late  # it could be read at the start; and nothing here can be repaired
fs plain
repairs_vary
mount_fs
fill_root 4
damage_ag 1 bnobt
heal
trash_mounted 8 'path /' 'ablock 0'
touch_ag 1 bnobt
expect_log_like "^$MNT agno 0x1 bnobt: offline repair needed: "
looks_before_repairs=$(how_many ' xattr: sick$' "$LOG")
expect_full_scrubs 1

note() { events >"$HERE/$FS.events"; }
each note
pause 80
more() { echo $(($(events) - $(<"$HERE/$FS.events"))); }
tell() { measure 'Damaged attributes of the root, 80 s' "damage=$FS" "events=$(more)"; }
each tell
settled() { (($(more) == 0)); }
each expect settled
use late
expect [ "$looks_before_repairs" -le 3 ]  # that of ours, and those of the repair of the attributes, before and after
said() { expect_err "$MNT: cannot read the property autofsck: damage of the root directory hides it; what it said last goes on until that is repaired"; }
said
each said

use mapping  # of the other the kernel never says that it is healthy: a repair leaves nothing that it could say that of
xfs_io -x -c 'repair bmapbta' "$MNT"
setfattr -n trusted.xfs:autofsck -v repair "$MNT"
PATIENCE=100 expect_log "$MNT: Automatically repairing per autofsck directive."
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
for FS in leaf mapping late; do
	use "$FS"
	alive || fail 'the healer is gone'
	unmount "$MNT"
	expect_end "$END_LIMIT"
done
