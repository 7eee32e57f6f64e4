# SPDX-License-Identifier: LGPL-2.1-or-later
# The name of a realtime group's metadata file vanishes from the metadata directory: only a scrub finds that. A minute later
# the path of every metadata file is repaired, with a call for each, and it is back. The file had kept its link count, so that
# it has a link too many then, which a scrub finds too.
in_background
fs_realtime -m metadir=1,rmapbt=1,reflink=1,autofsck=repair -n parent=1
structure 'metadir path' metapath ' metapath'
heal
file='path -m /rtgroups/0.refcount'
number=$(xfs_db -r -R "$RT" -c "$file" -c inode "$DEV" | awk '{ print $NF }')
group=$((number >> 18)) bucket=$((number % 64))
# xfs_db counts the link down and has the file freed; the kernel knows better.
edit_mounted 'path -m /rtgroups' 'unlink 0.refcount' "agi $group" "write -d unlinked[$bucket] 4294967295"
scrub 'metapath rtrefcbt 0'
expect_log "$MNT metapath: corrupt"
expect_healed_after_grace ' metapath'
groups=$(xfs_db -r -R "$RT" -c 'sb 0' -c 'print rgcount' "$DEV" | awk '{ print $NF }')
expect_repairs metapath $((5 + 4 * groups)) 0
scrub nlinks
expect_log "$MNT nlinks: corrupt"
expect_healed_after_grace ' nlinks'
expect_repairs nlinks 1
clean
