# SPDX-License-Identifier: LGPL-2.1-or-later
# Three btrees in three AGs are trashed: free space by size, free inodes, reference counts; each is healed with one call.
fs full
structure cntbt cntbt ' agno 0x1 cntbt'
structure finobt finobt ' agno 0x2 finobt'
structure refcountbt refcountbt ' agno 0x3 refcountbt'
damage_ag 1 cntbt
damage_ag 2 finobt
damage_ag 3 refcountbt
heal
touch_ag 1 cntbt
touch_ag 2 finobt
touch_ag 3 refcountbt
expect_log "$MNT agno 0x1 cntbt: Repairs successful."
expect_log "$MNT agno 0x2 finobt: Repairs successful."
expect_log "$MNT agno 0x3 refcountbt: Repairs successful."
expect_repairs cntbt 1 2
expect_repairs finobt 1 2
expect_repairs refcountbt 1 2
expect_repairs fscounters 1  # the rebuild of the finobt makes the kernel doubt its counters
clean
