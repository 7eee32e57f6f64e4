# SPDX-License-Identifier: LGPL-2.1-or-later
# The filesystem is reached through a bind mount of its root, although its first mount is gone, is read-only, or is hidden
# below a copy of the filesystem with the same UUID: the right one is healed, the copy never.
fs full
for n in 1 2 3; do damage_ag "$n" bnobt; done
use copy
fs full
damage_ag 1 bnobt
use fs
heal
mkdir /mnt/bind
mount --bind "$MNT" /mnt/bind

mount -o nouuid "$(use copy; echo "$DEV")" "$MNT"
xfs_io -x -c 'scrub bnobt 1' /mnt/bind >/dev/null 2>&1 || true
xfs_io -x -c 'scrub bnobt 1' "$MNT" >/dev/null 2>&1 || true
expect_log "/mnt/bind agno 0x1 bnobt: Repairs successful."
unmount "$MNT"

mount -o remount,bind,ro "$MNT"
xfs_io -x -c 'scrub bnobt 2' /mnt/bind >/dev/null 2>&1 || true
expect_log_like ' agno 0x2 bnobt: Repairs successful\.$'

unmount "$MNT"
xfs_io -x -c 'scrub bnobt 3' /mnt/bind >/dev/null 2>&1 || true
expect_log "/mnt/bind agno 0x3 bnobt: Repairs successful."
expect_repairs bnobt 3 6
unmount /mnt/bind
expect_end "$END_LIMIT"
expect_log "$MNT: filesystem unmounted"
expect_clean
use copy
refuse xfs_repair -n "$DEV"
