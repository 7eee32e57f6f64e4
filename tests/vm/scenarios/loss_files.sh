# SPDX-License-Identifier: LGPL-2.1-or-later
# Hundreds of reads of one file fail, over and over: one line tells the file, both ranges, the reason and how many reports it
# was made of. What is written and cannot be brought to the device is another loss. What fails by the doing of who reads is none.
fs full
on_mapper
mount_fs
seq 60000 >"$MNT/f"
lost f
forget_pages
heal
expect /vm/bin/read_nowhere "$MNT/f" 1
broken "$(sector_of "$MNT/f" 131072)" 128
overflow 131072
expect_log_like "^$MNT/f pos 131072 len 4096, pos 147456 len 4096: data cannot be read: Input/output error \([0-9]+ reports\)$"
overflow 131072
overflow 131072
xfs_io -c 'pwrite 131072 64k' "$MNT/f" >/dev/null
refuse xfs_io -c fsync "$MNT/f"
expect_log_like "^$MNT/f pos 131072 len [0-9]+(, pos [0-9]+ len [0-9]+)*: written data is lost: Input/output error( \([0-9]+ reports\))?$"
pause 3
expect [ "$(how_many 'data cannot be read' "$LOG")" = 1 ]
expect [ "$(how_many 'written data is lost' "$LOG")" = 1 ]
refuse_log 'Bad address'
unbroken
clean
