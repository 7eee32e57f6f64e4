# SPDX-License-Identifier: LGPL-2.1-or-later
# The device fails under a file: each of the four kinds of I/O errors is told with the file, the range and the reason, by
# path with parent pointers, by number without; nothing is repaired for it. What fails by the doing of who reads is not told.
fail_io() {
	local at=131072
	on_mapper
	mount_fs
	seq 60000 >"$MNT/f"
	lost f
	forget_pages
	heal
	read_nowhere "$MNT/f"
	broken "$(sector_of "$MNT/f" $at)" 128
	refuse xfs_io -r -c "pread $at 4k" "$MNT/f"
	expect_log_like "^$1 pos $at len 4096: buffered_read: Input/output error$"
	refuse xfs_io -rd -c "pread $at 4k" "$MNT/f"
	expect_log_like "^$1 pos $at len 4096: directio_read: Input/output error$"
	refuse xfs_io -d -c "pwrite $at 4k" "$MNT/f"
	expect_log_like "^$1 pos $at len 4096: directio_write: Input/output error$"
	xfs_io -c "pwrite $at 64k" "$MNT/f" >/dev/null
	refuse xfs_io -c fsync "$MNT/f"
	expect_log_like "^$1 pos $at len [0-9]+: buffered_write: Input/output error$"
	unbroken
	[[ $HEALER == "$C_HEALER" ]] || refuse_log 'Bad address'
	refuse_log 'repair required|repair needed|Repairs successful'
	clean
}
# read_nowhere FILE: makes the kernel report a failed direct read, of which the disk knows nothing.
read_nowhere() {
	local before
	before=$(events)
	expect /vm/bin/read_nowhere "$1" 1
	eventually "$PATIENCE" more_events_than "$before"
}
more_events_than() { (($(events) > $1)); }
fs full
fail_io "$MNT/f"
use plain
fs plain
fail_io "$MNT ino [0-9]+ gen 0x[0-9a-f]+"
