# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem shuts down by force or because its log fails. The reason is told; the damage that was reported just before is
# not repaired, and nobody asks for an offline repair.
new forced
falls 'forced unmount' xfs_io -x -c 'shutdown -f' "$MNT"

new at_once
falls 'log I/O error, forced unmount' xfs_io -x -c shutdown "$MNT"

new log
block=$(xfs_db -r -c 'sb 0' -c 'p logstart' "$DEV" | awk '{ print $3 }')
sector=$(xfs_db -r -c "convert fsb $block daddr" "$DEV" | tr -d '()' | awk '{ print $2 }')
log_fails() { broken "$sector" 8192; : >"$MNT/new"; sync; }
# Linux 7.2 shuts down without a word to the monitor (fs/xfs/xfs_log.c: xlog_force_shutdown is first and leaves nothing to tell).
falls '' log_fails
