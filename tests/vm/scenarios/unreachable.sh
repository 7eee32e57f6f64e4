# SPDX-License-Identifier: LGPL-2.1-or-later
# The filesystem is unmounted lazily, so that no path leads to it, and a stranger takes its place: the healer says that it
# cannot reach it, touches nothing, and ends when the last file is closed.
fs full
mount_fs
make_dir d 200
damage_dir d
heal
exec 8<"$MNT/d"
umount --lazy "$MNT"
use stranger
fs full  # a copy of the first, so even the UUID is the same
mount_fs /mnt/fs
ls /proc/self/fd/8/ >/dev/null 2>&1 || true
use fs
expect_err "$MNT: cannot open filesystem to repair: Stale file handle"
exec 8<&-
expect_end "$END_LIMIT"
expect_log "$MNT: filesystem unmounted"
