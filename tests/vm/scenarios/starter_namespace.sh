# SPDX-License-Identifier: LGPL-2.1-or-later
# With --mountns the mounts of another mount namespace get their services, by their paths there, and those of its own none. What such a
# service does not see, a healer in there heals.
services
use inside
fs full
damage_ag 1 bnobt
use outside
fs full
mount_fs
unshare --mount --propagation private sleep infinity &
other=$!
elsewhere() { [[ $(readlink "/proc/$other/ns/mnt") != "$(readlink /proc/self/ns/mnt)" ]]; }
eventually "$PATIENCE" elsewhere
nsenter --target "$other" --mount umount "$MNT"
starter --mountns "/proc/$other/ns/mnt"
expect_services
use inside
nsenter --target "$other" --mount mount -o nouuid "$DEV" "$MNT"
expect_services mnt-inside
use outside
unmount "$MNT"
mount_fs
expect_services mnt-inside
end_starter

HOW="nsenter --target $other --mount" heal_all
use inside
all_says "$MNT: monitoring started"
nsenter --target "$other" --mount xfs_io -x -c 'scrub bnobt 1' "$MNT" >/dev/null 2>&1 || true
all_says "$MNT agno 0x1 bnobt: Repairs successful."
nsenter --target "$other" --mount umount "$MNT"
all_says "$MNT: filesystem unmounted"
refuse grep -q outside "$ALL_LOG" "$ALL_ERR"
expect_repairs bnobt 1
end_all
expect_clean
kill "$other"
