# SPDX-License-Identifier: LGPL-2.1-or-later
# The headers of AGs are trashed: a free list and a secondary superblock before mounting; an AGF, without which the
# filesystem would not mount, behind the back of the mounted one. All are healed.
fs full
structure AGF agf ' agno 0x2 agf'
structure AGFL agfl ' agno 0x1 agfl'
structure 'secondary superblock' sb ' agno 0x1 super'
damage_ag 1 agfl
damage_ag 1 super
heal
touch_ag 1 agfl
scrub 'sb 1'
expect_log "$MNT agno 0x1 agfl: Repairs successful."
expect_log "$MNT agno 0x1 super: Repairs successful."
eventually "$PATIENCE" repaired fscounters 1
trash_mounted 64 'agf 2'
touch_ag 2 agf
expect_log "$MNT agno 0x2 agf: Repairs successful."
expect_repairs agfl 1 2
expect_repairs sb 1 2
expect_repairs agf 1 3
expect_repairs fscounters 2  # trashed AGFL and AGF each make the kernel doubt its counters
clean
