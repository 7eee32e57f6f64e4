# SPDX-License-Identifier: LGPL-2.1-or-later
# With --mountns the mounts of another mount namespace get their services, by their paths there, and those of its own none. A
# filesystem that is mounted only there is healed by a healer of the machine, with a mount of the same device; no program is run in
# there.
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

use inside
options nosuid nodev noexec nosymfollow
heal
nsenter --target "$other" --mount xfs_io -x -c 'scrub bnobt 1' "$MNT" >/dev/null 2>&1 || true
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
expect_repairs bnobt 1
nsenter --target "$other" --mount umount "$MNT"
clean
kill "$other"
