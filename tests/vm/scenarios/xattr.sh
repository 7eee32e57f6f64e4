# SPDX-License-Identifier: LGPL-2.1-or-later
# A block of extended attributes is trashed; reading them is enough.
fs full
structure 'xattr block' xattr '[/ ].* xattr'
mount_fs
make_xattrs x 60
damage_xattrs x
heal
touch_xattrs x
expect_log_like "^$MNT[/ ].* xattr: sick$"
expect_log_like "^$MNT[/ ].* xattr: Repairs successful.$"
expect_repairs xattr 1 3
clean
