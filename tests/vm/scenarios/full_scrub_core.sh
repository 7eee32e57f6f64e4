# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem says that it has 300,000 files, too many to look at all of them at each start; one inode has become unreadable
# while no healer ran, and nothing tells of it. When two directories cannot be repaired a full scrub, which would crash Linux
# 7.2 at that inode, is not started: it is found first.
[[ $HEALER != "$C_HEALER" ]] || skip 'xfs_healer 7.2.0 would crash the kernel here'
mkdir -p /run/xfs_healer
mount -t tmpfs tmpfs /run/xfs_healer  # no mark of another scenario's healer that was killed
real_xfs_scrub
fs -m autofsck=repair
two_dirs
damage_inode one/lines.ac
edit 'sb 0' 'write icount 300000'
heal
eventually "$PATIENCE" still 3 news
expect [ "$(stat -f -c '%c - %d' "$MNT" | xargs expr)" -gt 250000 ]
refuse_log ' core'
touch_dir d
touch_dir e
expect_log_like ' directory: Repair unsuccessful; offline repair required\.$'
expect_log_like "^$MNT ino [0-9]+ gen 0x0 core: sick\$"
expect_log_like "^$MNT ino [0-9]+ gen 0x0 core: offline repair needed: it cannot be loaded, and repairing it would crash this kernel\$"
expect_err "$MNT: no full scrub is started, because it would crash this kernel"
for dir in d e; do expect_log_like "^$MNT/$dir directory: offline repair needed: "; done
repairs_vary
unmount "$MNT"
expect_end "$END_LIMIT"
