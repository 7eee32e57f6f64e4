# SPDX-License-Identifier: LGPL-2.1-or-later
# The event of the unmount overtakes others in the kernel's queue: they are told all the same, behind it. 7.2.0 drops them.
fs full
damage_ag 1 bnobt
on_mapper
mount_fs
seq 60000 >"$MNT/f"
forget_pages
heal
broken "$(sector_of "$MNT/f" 131072)" 128
kill -STOP "$PID"
refuse xfs_io -rd -c 'pread 128k 4k' "$MNT/f"
touch_ag 1 bnobt
unbroken
umount "$MNT"
kill -CONT "$PID"
expect_end "$END_LIMIT"
expect_log "$MNT: filesystem unmounted"
expect_log_like "^$MNT ino [0-9]+ gen 0x[0-9a-f]+ pos 131072 len 4096: directio_read: Input/output error$"
expect_log "$MNT agno 0x1 bnobt: sick"
# Before Linux 7.2.7 the event is lost if others are queued; the end of the file says the same, behind them.
kernel_before 7.2.7 ||
	expect [ "$(grep -n 'filesystem unmounted' "$LOG" | cut -d: -f1)" -lt "$(grep -n directio_read "$LOG" | cut -d: -f1)" ]
refuse_log 'repair required|repair needed|scrub|cannot open'
