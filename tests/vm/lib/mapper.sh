# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A device whose ranges can fail, by device mapper. All numbers are 512-byte sectors.
export DM_DISABLE_UDEV=1

# on_mapper: what is under the filesystem can fail from here on. It must not be mounted.
on_mapper() {
	local loop=$DEV map=$NAME.$FS
	needs_module dm_mod
	dmsetup create "$map" --table "0 $(blockdev --getsz "$loop") linear $loop 0" >/dev/null
	echo "/dev/mapper/$map" >"$HERE/$FS.mapper"
	use "$FS"
	trace_mark
}

# broken START COUNT...: these sectors give errors, and no others; in rising order.
broken() {
	local loop size end=0
	loop=$(<"$HERE/$FS.dev")
	size=$(blockdev --getsz "$loop")
	{
		while [[ $# -gt 0 ]]; do
			(($1 >= end && $1 + $2 <= size)) || fail "no sectors $1 to $(($1 + $2))" >&2
			(($1 == end)) || echo "$end $(($1 - end)) linear $loop $end"
			echo "$1 $2 error"
			end=$(($1 + $2))
			shift 2
		done
		((end == size)) || echo "$end $((size - end)) linear $loop $end"
	} | remap
}

# unbroken: all is well again.
unbroken() {
	local loop
	loop=$(<"$HERE/$FS.dev")
	echo "0 $(blockdev --getsz "$loop") linear $loop 0" | remap
}

# remap: nothing is written because of it; a filesystem that is about to fail must not be frozen first.
remap() {
	dmsetup suspend --nolockfs --noflush "${DEV##*/}"
	dmsetup load "${DEV##*/}"
	dmsetup resume "${DEV##*/}"
}

# sector_of FILE OFFSET: where on the device that byte lies.
sector_of() {
	xfs_io -r -c fiemap "$1" | awk -v at="$(($2 / 512))" '
		match($2, /[0-9]+\.\.[0-9]+/) {
			split(substr($2, RSTART, RLENGTH), file, "[.][.]"); split($3, disk, "[.][.]")
			if (file[1] <= at && at <= file[2]) print disk[1] + at - file[1]
		}'
}

# forget_pages: what is read next comes from the device.
forget_pages() { sync; echo 1 >/proc/sys/vm/drop_caches; }

# overflow OFFSET: more direct reads of $MNT/f fail there than the kernel's queue of events holds. Each second one is
# elsewhere, or the kernel makes one event of two.
overflow() {
	local i reads=()
	for ((i = 0; i < 450; i++)); do reads+=(-c "pread $1 4k" -c "pread $(($1 + 16384)) 4k"); done
	xfs_io -rd "${reads[@]}" "$MNT/f" >/dev/null 2>&1 || true
}
