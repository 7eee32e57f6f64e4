# SPDX-License-Identifier: LGPL-2.1-or-later
# An inode has a bad CRC and cannot be loaded; on a filesystem with a metadata directory it is healed, with its data. Linux
# 7.2 makes no HEALTHY event for it; a look at the inode tells that no second call is needed.
fs full -m metadir=1
structure 'inode core' inode '(/one/lines.ac| ino [0-9]+ gen 0x0) core'
damage_inode one/lines.ac
heal
touch_inode one/lines.ac
expect_log_like ' core: Repairs successful\.$'
expect_repairs inode 1 4
clean
