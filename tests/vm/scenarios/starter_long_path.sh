# SPDX-License-Identifier: LGPL-2.1-or-later
# A mount point longer than 4 KiB is seen and its name shortened; no unit can have its name, which is said, once, and the next mount
# gets its service. A filesystem gets it at its first mount that a unit can be named after, be it a later one.
services
fs full
mount_fs
name=$(printf 'x%.0s' {1..200})
mkdir /mnt/deep
cd /mnt/deep
for ((i = 0; i < 25; i++)); do mkdir "$name"; cd "$name"; done
mount --no-canonicalize --bind "$MNT" .
cd /
unmount "$MNT"
use second
fs full
long=/mnt/$(printf 'x%.0s' {1..250})
mkdir "$long"
mount_fs "$long"
mount_fs
starter
is_shortened() { grep -Exq '/mnt/deep/x[x/]+\.\.\.[0-9a-f]{16}\.\.\.[x/]+x: Could not determine xfs_healer unit name\.' "$STARTER_ERR"; }
eventually "$PATIENCE" is_shortened
expect [ "$(wc -c <"$STARTER_ERR")" -le 900 ]
expect_services mnt-second
use other
fs full
mount_fs
expect_services mnt-second mnt-other
unmount "$MNT"
cd /mnt/deep
for ((i = 0; i < 25; i++)); do cd "$name"; done
use fs
mount --no-canonicalize --bind . "$MNT"
cd /
expect_services mnt-second mnt-other mnt-fs
expect [ "$(wc -l <"$STARTER_ERR")" = 1 ]
end_starter
