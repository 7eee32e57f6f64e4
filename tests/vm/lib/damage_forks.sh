# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Files whose forks have so many extents that their mappings fill a btree.

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
