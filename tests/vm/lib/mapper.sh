# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A device whose ranges can fail, by device mapper. All numbers are 512-byte sectors. What a scenario that failed still holds keeps its
# name, so that the scenario's process is in it: the next try has another.
export DM_DISABLE_UDEV=1

# on_mapper: what is under the filesystem can fail from here on. It must not be mounted.
on_mapper() {
	local loop=$DEV map=$NAME.$$.$FS
	needs_module dm_mod
	dmsetup create "$map" --table "0 $(blockdev --getsz "$loop") linear $loop 0" >/dev/null
	echo "/dev/mapper/$map" >"$HERE/$FS.mapper"
	use "$FS"
	trace_mark
}

# on_thin_pool MEGABYTES: what is written under the filesystem from here on takes room in a pool of that size, which gives an error
# when it is full; what is there already does not. Its log has its room. It must not be mounted.
on_thin_pool() {
	local loop=$DEV map=$NAME.$$.$FS meta data block log
	needs_module dm_thin_pool
	truncate -s 4M "$HERE/$FS.meta.img"
	truncate -s "$1M" "$HERE/$FS.data.img"
	meta=$(losetup --find --show "$HERE/$FS.meta.img")
	data=$(losetup --find --show "$HERE/$FS.data.img")
	dmsetup create "$map.pool" --table "0 $(blockdev --getsz "$data") thin-pool $meta $data 128 0 2 skip_block_zeroing error_if_no_space"
	echo "/dev/mapper/$map.pool" >"$HERE/$FS.pool.mapper"
	echo "$data" >"$HERE/$FS.pool"
	losetup -d "$meta" "$data"  # with the pool, that is
	thin "$map" 0 "$(blockdev --getsz "$loop")" "$loop"
	echo "/dev/mapper/$map" >"$HERE/$FS.mapper"
	block=$(xfs_db -r -c 'sb 0' -c 'p logstart' "$loop" | awk '{ print $3 }')
	log=$(xfs_db -r -c "convert fsb $block daddr" "$loop" | sed 's/.*(\(.*\)).*/\1/')
	use "$FS"
	dd if="$loop" of="$DEV" bs=64k iflag=skip_bytes,count_bytes oflag=seek_bytes,direct status=none conv=notrunc \
		skip=$((log * 512 & ~65535)) seek=$((log * 512 & ~65535)) count="$(($(xfs_db -r -c 'sb 0' -c 'p logblocks' "$loop" | awk '{ print $3 }') * 4096 + 65536))"
	trace_mark
}

# thin NAME NUMBER SECTORS [ORIGIN]: a device of that pool.
thin() {
	local pool
	pool=$(<"$HERE/$FS.pool.mapper")
	dmsetup message "${pool##*/}" 0 "create_thin $2"
	dmsetup create "$1" --table "0 $3 thin $pool $2${4:+ $4}"
}

# pool_is_full: somebody else has taken what room it had.
pool_is_full() {
	thin "$NAME.$$.$FS.other" 1 "$(blockdev --getsz "$(<"$HERE/$FS.pool.mapper")")"
	! dd if=/dev/zero of="/dev/mapper/$NAME.$$.$FS.other" bs=64k oflag=direct status=none 2>"$HERE/$FS.full" || fail 'the pool is not full'
	dmsetup remove "$NAME.$$.$FS.other"
	expect grep -q 'No space left' "$HERE/$FS.full"
}

# pool_waits: from here on it does not give an error when it is full, but holds for a minute what is written, as LVM has it.
pool_waits() { new_pool 's/ 2 skip_block_zeroing error_if_no_space/ 1 skip_block_zeroing/'; }

# pool_grows MEGABYTES: to that size.
pool_grows() {
	local data
	data=$(<"$HERE/$FS.pool")
	truncate -s "$1M" "$HERE/$FS.data.img"
	losetup -c "$data"
	new_pool "s/^0 [0-9]*/0 $(blockdev --getsz "$data")/"
}

# new_pool SED: the same with another table.
new_pool() {
	local pool
	pool=$(basename "$(<"$HERE/$FS.pool.mapper")")
	dmsetup suspend --nolockfs --noflush "$pool"
	dmsetup table "$pool" | sed "$1" | dmsetup load "$pool"
	dmsetup resume "$pool"
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
	local at
	at=$(xfs_io -r -c fiemap "$1" | awk -v at="$(($2 / 512))" '
		match($2, /[0-9]+\.\.[0-9]+/) {
			split(substr($2, RSTART, RLENGTH), file, "[.][.]"); split($3, disk, "[.][.]")
			if (file[1] <= at && at <= file[2]) print disk[1] + at - file[1]
		}')
	[[ $(stat -f -c %T "$1") != btrfs ]] || at=$(sector_of_chunk "$at" "$(findmnt -vno SOURCE --target "$1")")
	echo "$at"
}

# sector_of_chunk SECTOR DEVICE: a btrfs numbers its sectors by itself. Which chunk of the device they are in depends on when it has
# removed those of mkfs that are empty.
sector_of_chunk() {
	btrfs inspect-internal dump-tree -t chunk "$2" | awk -v at="$1" '
		/ CHUNK_ITEM / { match($0, /CHUNK_ITEM [0-9]+/); first = substr($0, RSTART + 11, RLENGTH - 11) / 512 }
		$1 == "length" { end = first + $2 / 512 }
		/stripe 0 / && first <= at && at < end { print at - first + $NF / 512; exit }'
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
