# SPDX-License-Identifier: LGPL-2.1-or-later
# An inode, a directory and extended attributes are damaged and the healer may only log: it repairs nothing, and its own
# looking for their paths does not bring new events. After the last touch their number stays the same.
in_background
fs full
mount_fs
make_dir d 200
make_xattrs x 60
damage_inode one/lines.ac
damage_dir d
damage_xattrs x
heal --no-autofsck --debug
touch_inode one/lines.ac
touch_dir d
touch_xattrs x
exec 8<"$MNT/d" 9<"$MNT/x"  # other scenarios empty the caches, and a sick inode that leaves memory is news
expect_log_like ' core: sick$'
expect_log "$MNT/d directory: sick"
expect_log_like ' xattr: sick$'
# The first look, 5 s after the start, loads what cannot be loaded: that is news, once.
eventually "$PATIENCE" grep -q ': look Deep: ' "$ERR"
news() { echo "$(events) events, $(wc -l <"$LOG") lines"; }
before=$(news)
pause 15
expect [ "$(news)" = "$before" ]
exec 8<&- 9<&-
unmount "$MNT"
expect_end "$END_LIMIT"
