# SPDX-License-Identifier: LGPL-2.1-or-later
# Blocks of the mapping btrees of a file's data and of a file's attributes are trashed; reading is enough, all is back.
fs full
mount_fs
structure 'data fork' bmapbtd '/sparse datafork'
structure 'attr fork' bmapbta '.* attrfork'
make_sparse sparse
make_fragmented_xattrs one/attrs
trash 8 'path /sparse' 'addr u3.bmbt.ptrs[1]'
trash 8 'path /one/attrs' 'addr a.bmbt.ptrs[1]'
heal
cat "$MNT/sparse" >/dev/null 2>&1 || true
touch_xattrs one/attrs
expect_log "$MNT/sparse datafork: Repairs successful."
expect_log_like " attrfork: Repairs successful\.$"
expect_repairs bmapbtd 1 3
expect_repairs bmapbta 1 3
clean
