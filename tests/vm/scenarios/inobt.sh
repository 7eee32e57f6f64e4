# SPDX-License-Identifier: LGPL-2.1-or-later
# The inode btree of AG 1 is trashed; a look at it is enough, and every inode of the AG is found again.
fs full
structure inobt inobt ' agno 0x1 inobt'
damage_ag 1 inobt
heal
touch_ag 1 inobt
expect_log "$MNT agno 0x1 inobt: sick"
expect_log "$MNT agno 0x1 inobt: Repairs successful."
expect_repairs inobt 1 2
expect_repairs fscounters 1  # the rebuild makes the kernel doubt its counters
clean
