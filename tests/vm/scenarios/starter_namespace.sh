# SPDX-License-Identifier: LGPL-2.1-or-later
# With --mountns the mounts of another mount namespace get their services, by their paths there, and those of its own none.
services
use inside
fs full
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
kill "$other"
