# SPDX-License-Identifier: LGPL-2.1-or-later
# Realtime without a metadata directory, so without reverse mappings: a wrong summary or size of the bitmap is
# found only by a scrub, and Linux 7.2 cannot mend either while it is mounted. The person is told, and a full scrub is tried once.
in_background
fs_realtime -m rmapbt=0,reflink=0,autofsck=repair -n parent=0
structure 'rt bitmap, no metadir' rtbitmap ' rgno 0x0 bitmap'
structure 'rt summary, no metadir' rtsummary ' rgno 0x0 summary'
head -c 300000 /dev/zero >"$MNT/data"
sync
trash 64 'sb 0' 'addr rsumino' 'dblock 0'
edit 'sb 0' 'addr rbmino' 'write -d core.size 16384'
heal
scrub 'rtbitmap 0'
scrub 'rtsummary 0'
expect_log "$MNT rgno 0x0 bitmap: corrupt"
expect_log "$MNT rgno 0x0 summary: corrupt"
eventually 150 grep -q 'rgno 0x0 bitmap: offline repair needed: ' "$LOG"
eventually 150 grep -q 'rgno 0x0 summary: offline repair needed: ' "$LOG"
expect_repairs rtbitmap 1
expect_repairs rtsummary 1
expect_full_scrubs 1
unmount "$MNT"
expect_end "$END_LIMIT"
refuse xfs_repair -n -r "$RT" "$DEV"
