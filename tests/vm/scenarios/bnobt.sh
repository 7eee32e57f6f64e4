# SPDX-License-Identifier: LGPL-2.1-or-later
# The free-space-by-block btree of AG 1 is trashed; a look at it is enough, one repair call heals it.
fs full
structure bnobt bnobt ' agno 0x1 bnobt'
damage_ag 1 bnobt
heal
touch_ag 1 bnobt
expect_log "$MNT agno 0x1 bnobt: sick"
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
expect_repairs bnobt 1 2
clean
