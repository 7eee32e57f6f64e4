# SPDX-License-Identifier: LGPL-2.1-or-later
# The healer is held up while more happens than the kernel's queue holds: how many events are lost is told, every other one
# is there, and it goes on.
fs full
on_mapper
mount_fs
seq 60000 >"$MNT/f"
lost f
forget_pages
heal --no-autofsck --everything
broken "$(sector_of "$MNT/f" 131072)" 128
kill -STOP "$PID"
overflow 131072
kill -CONT "$PID"
eventually "$PATIENCE" grep -q directio_read "$LOG"
eventually "$PATIENCE" still 2 news
# What is lost is told when there is room for the next event.
refuse xfs_io -rd -c 'pread 160k 4k' "$MNT/f"
expect_log "$MNT/f pos 163840 len 4096: directio_read: Input/output error"
expect_log_like "^$MNT: [0-9]+ events lost$"
told=$(how_many directio_read "$LOG")
count=$(awk '/ events lost$/ { n += $2 } END { print n }' "$LOG")
if kernel_before 7.2.7; then
	# It counts only the first one of a row: for the next the event that tells of that one has no room either, and there it ends.
	expect [ "$count" = 1 ]
	expect [ "$told" -gt 500 ]
else
	expect [ $((told + count)) = 901 ]
fi
unbroken
clean
