# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Media that cannot be read, and what lies on them. All numbers are 512-byte sectors.

# verify START COUNT [-r]: has the kernel look at the medium there, of the realtime section if it is to.
verify() { xfs_io -rx -c "verifymedia ${3-} -R $(($1 * 512)) $((($1 + $2) * 512))" "$MNT" >/dev/null 2>&1 || true; }

# daddr_of XFS_DB COMMAND...: the sector that they lead to.
daddr_of() {
	local command commands=()
	for command in "$@"; do commands+=(-c "$command"); done
	xfs_db -r "${commands[@]}" -c daddr "$DEV" | awk '{ print $NF }'
}

# sector_of_log: one in the middle of the log, where nothing is written now.
sector_of_log() {
	local block
	block=$(xfs_db -r -c 'sb 0' -c 'p logstart' "$DEV" | awk '{ print $3 }')
	echo $(($(daddr_of "fsblock $block") + 32768))
}

# free_sector: one of free space, in AG 3.
free_sector() {
	xfs_io -r -c 'fsmap -n 100000' "$MNT" | awk '/free space/ { last = $3 } END { split(substr(last, 2), ends, "[.][.]"); print ends[1] }'
}

# on_scsi_disk: the filesystem is on a disk from here on that answers as one with a bad medium does. It must not be mounted, and only
# one scenario may have it.
on_scsi_disk() {
	needs_module sd_mod
	modprobe scsi_debug dev_size_mb=320 ndelay=1 2>/dev/null || skip 'this kernel has no scsi_debug'
	eventually "$PATIENCE" scsi_disk
	losetup -d "$DEV"
	scsi_disk >"$HERE/$FS.dev"
	use "$FS"
	dd if="$IMG" of="$DEV" bs=1M conv=sparse,fsync status=none
	trace_mark
}
scsi_disk() {
	local block
	block=$(echo /sys/bus/pseudo/drivers/scsi_debug/adapter0/host*/target*/*/block/*)
	[[ -b /dev/${block##*/} ]] && echo "/dev/${block##*/}"
}

# cannot_be_read START COUNT: these sectors have a medium error, and no others; what is written there is taken, and lost.
cannot_be_read() {
	local parameters=/sys/module/scsi_debug/parameters
	echo 0 >"$parameters/opts"
	echo "$1" >"$parameters/medium_error_start"
	echo "$2" >"$parameters/medium_error_count"
	echo 2 >"$parameters/opts"
}

# can_be_read: all is well again.
can_be_read() { echo 0 >/sys/module/scsi_debug/parameters/opts; }
