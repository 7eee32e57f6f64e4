# SPDX-License-Identifier: LGPL-2.1-or-later
# The mappings in an inode name blocks that no device has, so that it cannot be loaded. Whatever opens the file makes the kernel report
# it with its generation, and a look finds it without. It is one inode: what is known of it is said once.
[[ $HEALER != "$C_HEALER" ]] || skip 'xfs_healer 7.2.0 would crash the kernel here'
fs full
edit 'path /one/lines.ac' 'write -d u3.bmx[0].startblock 0x7ffffffff'
heal --debug
looked() { grep -q 'look Deep: ' "$LOG" "$ERR"; }
eventually 150 looked  # it begins when nothing has been reported for a while
touch_inode one/lines.ac
expect_log_like "^$MNT ino [0-9]+ gen 0x[1-9a-f][0-9a-f]* core: offline repair needed: it cannot be loaded, and repairing it would crash this kernel\$"
eventually 30 still 3 news
expect [ "$(how_many 'offline repair needed' "$LOG")" = 1 ]
refuse_log ' gen 0x0 core'
: >"$MNT/usable"
unmount "$MNT"
expect_end "$END_LIMIT"
