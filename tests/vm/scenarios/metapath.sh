# SPDX-License-Identifier: LGPL-2.1-or-later
# The name of a realtime group's metadata file vanishes from the metadata directory: only a scrub finds that. No single
# repair follows yet, but a full scrub, once, and the person is told so.
in_background
fs_realtime -m metadir=1,rmapbt=1,reflink=1,autofsck=repair -n parent=1
structure 'metadir path' metapath ' metapath'
heal
edit_mounted 'path -m /rtgroups' 'unlink 0.refcount'
scrub 'metapath rtrefcbt 0'
expect_log "$MNT metapath: corrupt"
expect_log "$MNT: Full repairs in progress."
expect_full_scrubs 1
umount "$MNT"
expect_end "$END_LIMIT"
