# SPDX-License-Identifier: LGPL-2.1-or-later
# The link count of a directory is 0, with a good checksum, and somebody has gone through it to a damaged symlink. That is
# healed, but the healer does not look for its path, which would end the filesystem: it is named by number.
fs full
mount_fs
mkdir "$MNT/d"
make_symlink d/s
damage_symlink d/s
damage_links d
heal
exec 8<"$MNT/d"  # other scenarios empty the caches, and once it leaves them the filesystem ends
touch_symlink d/s
expect_log_like "^$MNT ino [0-9]+ gen 0x[0-9a-f]+ symlink: Repairs successful\.$"
expect_repairs symlink 1
: >"$MNT/usable"
