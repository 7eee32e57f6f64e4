# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Damage under a mounted filesystem: behind its back in the image, with nothing of it left in caches.

# edit_mounted XFS_DB COMMAND...: the mount must not be about to write what is edited. The loop device and xfs_db share
# the image's page cache, and xfs_db does not notice that an image file is mounted.
edit_mounted() {
	[[ -e $HERE/$FS.damaged ]] || manifest "$MNT" >"$HERE/$FS.before"
	forget
	write_by_xfs_db "$IMG" "$@"
	forget
}

# trash_mounted BYTE XFS_DB COMMAND...: as trash.
trash_mounted() { trash_by edit_mounted "$@"; }

# cluster_of PATH: the first sector of the inodes that are read together with that of PATH, and how many sectors they are.
# None of them is left in a cache.
cluster_of() {
	local ino sector
	ino=$(stat -c %i "$MNT/$1")
	forget
	sector=$(xfs_db -r -c "inode $ino" -c daddr "$DEV" | awk '{ print $NF }')
	echo "$((sector / 32 * 32)) 32"
}

# trash_cluster PATH: nothing of them makes sense any more.
trash_cluster() {
	local start count
	read -r start count < <(cluster_of "$1")
	touch "$HERE/$FS.damaged"
	awk -v n=$((count * 512)) 'BEGIN { while (n--) printf "x" }' | dd of="$IMG" bs=512 seek="$start" conv=notrunc status=none
	forget
}

# forget: everything is written, and what is not in use leaves the caches.
forget() {
	sync
	xfs_io -x -c freeze -c thaw "$MNT"  # empties the log
	echo 3 >/proc/sys/vm/drop_caches
}

# scrub 'TYPE [ARGUMENT]' [FILE]: a check, as touch_ag for everything else; FILE is below the mount point.
scrub() { xfs_io -r -x -c "scrub $1" "$MNT/${2-}" >"$HERE/$FS.scrub" 2>&1 || true; }
