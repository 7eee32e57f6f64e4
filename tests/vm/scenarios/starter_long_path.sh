# SPDX-License-Identifier: LGPL-2.1-or-later
# A mount point longer than 4 KiB is seen and its name escaped; no unit can have its name, which is said, and the next mount gets
# its service.
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
starter
path=/mnt/deep$(for ((i = 0; i < 25; i++)); do echo -n "/$name"; done)
starter_complains "$path: Could not determine xfs_healer unit name."
use other
fs full
mount_fs
expect_services mnt-other
end_starter
