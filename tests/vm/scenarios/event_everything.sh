# SPDX-License-Identifier: LGPL-2.1-or-later
# With --everything a check that finds nothing is told as healthy, without it is not, with --quiet no event is; nothing of
# it is repaired.
check() {
	heal "$@"
	xfs_io -x -c 'scrub bnobt 1' -c 'scrub inode' -c 'scrub nlinks' "$MNT" >/dev/null
	xfs_io -x -c 'scrub bnobt 0' "$MNT" >/dev/null 2>&1 || true  # damaged, so it is told in any case
}
ends() {
	unmount "$MNT"
	expect_end "$END_LIMIT"
	expect_log "$MNT: filesystem unmounted"
}
fs full
damage_ag 0 bnobt
check --no-autofsck --everything
expect_log "$MNT agno 0x1 bnobt: healthy"
expect_log_like "^$MNT.* core: healthy$"
expect_log "$MNT nlinks: healthy"
expect_log "$MNT agno 0x0 bnobt: sick"
ends
check --no-autofsck
expect_log "$MNT agno 0x0 bnobt: sick"
ends
refuse_log healthy
check --no-autofsck --everything --quiet
ends
refuse_log 'healthy|sick'
