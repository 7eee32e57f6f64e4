# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A device whose ranges can fail, by device mapper. All numbers are 512-byte sectors.
export DM_DISABLE_UDEV=1

# on_mapper: what is under the filesystem can fail from here on. It must not be mounted.
on_mapper() {
	local loop=$DEV map=$NAME.$FS
	dmsetup create "$map" --table "0 $(blockdev --getsz "$loop") linear $loop 0" >/dev/null
	echo "/dev/mapper/$map" >"$HERE/$FS.mapper"
	use "$FS"
	trace_mark
}

# broken START COUNT: these sectors give errors, and no others.
broken() {
	local loop size end=$(($1 + $2))
	loop=$(<"$HERE/$FS.dev")
	size=$(blockdev --getsz "$loop")
	((end <= size)) || fail "no sectors $1 to $end"
	{
		(($1 == 0)) || echo "0 $1 linear $loop 0"
		echo "$1 $2 error"
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
