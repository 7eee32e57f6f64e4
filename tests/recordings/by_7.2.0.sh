# SPDX-License-Identifier: LGPL-2.1-or-later
# xfs_healer of xfsprogs 7.2.0 is given the records of each recording in place of the kernel's, and what it says is kept. The
# filesystem has no parent pointers, so that it names files by their inodes, as a replay does.
fs plain
mount_fs
for recording in /vm/scenarios/*.rec; do
	number=0
	while IFS= read -r place; do
		number=$((number + 1))
		mkdir -p "$place"
		mountpoint -q "$place" || mount --bind "$MNT" "$place"
		echo "-- filesystem $number: $place"
		/vm/bin/feed_records "$recording" $number "$C_HEALER" --no-autofsck "$place" 2>&1 || fail "7.2.0 ended with $?"
	done < <("$HEALER" --replay=- <"$recording" | sed -n 's/^\(.*\): device [0-9]*:[0-9]*, UUID .*/\1/p') \
		>"$HERE/$(basename "$recording" .rec).7.2.0"
	expect [ -s "$HERE/$(basename "$recording" .rec).7.2.0" ]
done
umount -a -t xfs
