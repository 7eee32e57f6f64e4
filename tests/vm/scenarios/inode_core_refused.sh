# SPDX-License-Identifier: LGPL-2.1-or-later
# The same without a metadata directory, where the repair would crash Linux 7.2: it is not attempted, and no full scrub
# either; the person is told, once, and the filesystem stays usable. 7.2.0 crashes the kernel, so that it is not asked.
if [[ $HEALER == "$C_HEALER" ]]; then
	measure Structures 'structure=inode core, no metadir' healed=crashes calls=1
	skip 'xfs_healer 7.2.0 would crash the kernel here'
fi
fs full
structure 'inode core, no metadir' inode ' ino [0-9]+ gen 0x0 core'
damage_inode one/lines.ac
heal
touch_inode one/lines.ac
expect_log_like "^$MNT ino [0-9]+ gen 0x0 core: offline repair needed: it cannot be loaded, and repairing it would crash this kernel$"
touch_inode one/lines.ac
eventually 30 still 3 news
expect [ "$(how_many 'offline repair needed' "$LOG")" = 1 ]
: >"$MNT/usable"
unmount "$MNT"
expect_end "$END_LIMIT"
