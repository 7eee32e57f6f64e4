# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Files whose forks have so many extents that their mappings fill a btree, and one that has a fork for copy on write.

# make_sparse PATH: every second block is there.
make_sparse() {
	local i
	for ((i = 0; i < 2000; i += 2)); do echo "pwrite -q $((i * 4096)) 4096"; done | xfs_io -f "$MNT/$1" >/dev/null 2>&1
}

# make_fragmented_xattrs PATH: values too long for the inode, each followed by a block of another file.
make_fragmented_xattrs() {
	local i value
	: >"$MNT/$1"
	for ((i = 0; i < 34; i++)); do
		printf -v value '%03500d' "$i"
		setfattr -n "user.attr_$i" -v "$value" "$MNT/$1"
		xfs_io -f -c 'pwrite -q 0 4k' -c fsync "$MNT/$1.$i"
	done
}

# make_copy: a file "copy" that shares its blocks with another.
make_copy() {
	head -c 400000 /dev/zero >"$MNT/original"
	cp --reflink=always "$MNT/original" "$MNT/copy"
	sync
	xfs_io -x -c 'cowextsize 1m' "$MNT/copy"
}

# damage_cow_fork: the copy is written to, and what the refcountbt says of the blocks that wait for more of that becomes wrong;
# a scrub of the file finds it. In descriptor 8 the file stays open, or those blocks would go.
damage_cow_fork() {
	local group=$(($(stat -c %i "$MNT/original") >> 17))
	xfs_io -c 'pwrite -q 0 4096' -c fsync "$MNT/copy"
	exec 8<"$MNT/copy"
	edit_mounted "agf $group" 'addr refcntroot' 'write -d recs[2].blockcount 50'
	scrub bmapbtc copy
}
