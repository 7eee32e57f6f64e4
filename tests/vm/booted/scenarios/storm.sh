# SPDX-License-Identifier: LGPL-2.1-or-later
# Who reads a file 100,000 times to an address where there is no memory makes as many events, and drowns nothing with them: what
# a person must know of a bnobt that cannot be repaired is in the journal, whose limits are those that it has by itself.
in_background
use storm
fs plain
damage_ag 1 bnobt
mounted
/vm/bin/read_nowhere "$MNT/one/lines.aa" 50000
touch_ag 1 bnobt
/vm/bin/read_nowhere "$MNT/one/lines.aa" 50000
expect_journal warning "$MNT agno 0x1 bnobt: sick"
expect_journal err "$MNT agno 0x1 bnobt: Repair unsuccessful; offline repair required."
PATIENCE=150 expect_journal crit "$MNT agno 0x1 bnobt: offline repair needed: the kernel cannot repair it while this filesystem is mounted"
repairs_vary
expect [ "$(journal | grep -Fc "\"_SYSTEMD_UNIT\":\"$(unit_of xfs_healer)\"")" -lt 100 ]
eventually "$PATIENCE" umount "$MNT"
