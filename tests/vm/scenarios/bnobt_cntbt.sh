# SPDX-License-Identifier: LGPL-2.1-or-later
# Both free space btrees of an AG are trashed, and a program runs into the damage: the kernel rebuilds both with one call.
fs full
structure 'bnobt and cntbt' bnobt,cntbt ' agno 0x1 (bnobt|cntbt)'
damage_ag 1 bnobt
damage_ag 1 cntbt
heal
fstrim "$MNT" 2>/dev/null || true  # stumbles on the cntbt, which is the one that is reported
expect_log "$MNT agno 0x1 cntbt: Repairs successful."
expect_repairs cntbt 1 2
clean
