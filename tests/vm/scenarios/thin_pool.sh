# SPDX-License-Identifier: LGPL-2.1-or-later
# The filesystem lies on a thin pool that is full, so that what is rebuilt cannot be written. That is said and is no reason for a full
# scrub or an offline repair; when the pool has grown it is healed. Where the kernel shuts the filesystem down for it, that is told.
#
# The kernel's log has its room since mkfs. It writes the blocks of a new btree before it commits it, and gives up the repair with ENOSPC
# when it cannot; the old one stays. What is written back later it tries again for ever, unless error/metadata/ENOSPC says otherwise.
in_background
fs full
damage_ag 1 bnobt
on_thin_pool 80
heal
pool_is_full
touch_ag 1 bnobt
expect_log "$MNT agno 0x1 bnobt: cannot be repaired just now; will be tried again."
pause 5
pool_grows 200
PATIENCE=150 expect_log "$MNT agno 0x1 bnobt: Repairs successful."
refuse_log 'offline repair|full scrub|shut down'
expect_repairs bnobt 2
clean

use waits
fs full
damage_ag 1 bnobt
on_thin_pool 80
heal
pool_is_full
pool_waits
touch_ag 1 bnobt
expect_log "$MNT agno 0x1 bnobt: sick"
pause 8
pool_grows 200
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
refuse_log 'offline repair|full scrub|cannot be repaired|shut down'
expect_repairs bnobt 1
clean

use down
fs full
damage_ag 2 bnobt
on_thin_pool 80
full_and_written() {
	echo 0 >"/sys/fs/xfs/$(basename "$(realpath "/sys/dev/block/$(mountpoint -x "$DEV")")")/error/metadata/ENOSPC/max_retries"
	pool_is_full
	: >"$MNT/new"
}
falls 'metadata I/O error' full_and_written
