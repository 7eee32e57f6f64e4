# SPDX-License-Identifier: LGPL-2.1-or-later
# The reverse mapping btree of AG 1 is trashed; a look at it is enough to get it rebuilt from everything else.
fs full
structure rmapbt rmapbt ' agno 0x1 rmapbt'
damage_ag 1 rmapbt
heal
touch_ag 1 rmapbt
expect_log "$MNT agno 0x1 rmapbt: sick"
expect_log "$MNT agno 0x1 rmapbt: Repairs successful."
expect_repairs rmapbt 1 4
clean
