# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The filesystem of many inodes, and what is measured on it.
needs_module virtio_blk
echo /dev/vdb >"$HERE/fs.dev"
mkdir -p "$MNT"
touch "$HERE/fs.damaged"  # no list of all that is in it
use fs

# took NAME COMMAND...: notes how long after the stopwatch the command has ended. Milliseconds.
took() {
	"${@:2}" >"$HERE/$1.out" 2>&1 || true
	elapsed >"$HERE/$1.took"
}

# measured TYPE read | cached | ended: a repair of that type, with the inodes on the disk or in memory, and what waits for it.
# With "ended" the program that makes the call is ended meanwhile, as a healer ends by SIGTERM.
measured() {
	local check repair freeze freezer write inodes
	mount_fs
	inodes=$(df --output=iused "$MNT" | tail -n 1)
	[[ $2 == read ]] || find "$MNT" -size +1M
	stopwatch
	xfs_io -x -c "scrub $1" "$MNT" >/dev/null 2>&1 || true
	check=$(elapsed)
	[[ $2 != read ]] || { umount "$MNT"; mount_fs; }
	stopwatch
	took repair xfs_io -x -c "repair $1" "$MNT" &
	pause 0.5
	took freeze fsfreeze --freeze "$MNT" &
	freezer=$!
	pause 0.5
	took write touch "$MNT/new" &
	[[ $2 != ended ]] || { pause 1; pkill -TERM -x xfs_io || true; }
	wait "$freezer"
	fsfreeze --unfreeze "$MNT"
	wait
	repair=$(<"$HERE/repair.took") freeze=$(<"$HERE/freeze.took") write=$(<"$HERE/write.took")
	measure 'Repairs that walk every inode' "structure=$1" "inodes=$inodes, $2" "check=$check ms" "repair=$repair ms" \
		"fsfreeze waits=$((freeze - 500)) ms" "writer waits=$((write - 1000)) ms" "a million=$MILLION ms"
	umount "$MNT"
}

stopwatch
for ((i = 0; i < 1000000; i++)); do :; done
MILLION=$(elapsed)
