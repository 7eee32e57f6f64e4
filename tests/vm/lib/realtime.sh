# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Filesystems with a realtime device of their own.

# fs_realtime MKFS OPTION...: like fs; new files have their data on the realtime device.
fs_realtime() {
	fs plain  # only its image is taken, for another filesystem
	truncate -s 300M "$HERE/$FS.rt.img"
	losetup --find --show "$HERE/$FS.rt.img" >"$HERE/$FS.rt"
	options "rtdev=$(<"$HERE/$FS.rt")"
	mkfs.xfs -q -f "$@" -d rtinherit=1 -r rtdev="$RT" "$DEV"
	rm "$HERE/$FS.before"
	mount_fs
	mkdir -m 750 "$MNT/lost+found"  # as a directory repair would make it
}

# make_shared PATH: half of its blocks, every second one, are shared with PATH.copy, so that reverse mappings and
# reference counts fill btrees.
make_shared() {
	local i
	xfs_io -f -c 'pwrite -q 0 1m' -c fsync "$MNT/$1"
	for ((i = 0; i < 256; i += 2)); do
		echo "reflink $MNT/$1 $((i * 4096)) $((i * 4096)) 4096"
	done | xfs_io -f "$MNT/$1.copy" >/dev/null 2>&1
}
