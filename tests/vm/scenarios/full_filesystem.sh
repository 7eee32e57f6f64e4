# SPDX-License-Identifier: LGPL-2.1-or-later
# A directory needs room to be rebuilt, and there is none. That is said, it is no reason for a full scrub or an offline
# repair, and when there is room again it is healed.
in_background
fs full
mount_fs
make_dir d 200
damage_dir d
mount_fs
fill
heal
exec 8<"$MNT/d"  # other scenarios empty the caches, and a sick inode that leaves memory is news
touch_dir d
expect_log "$MNT/d directory: cannot be repaired just now; will be tried again."
pause 10
rm "$MNT/fill"
PATIENCE=150 expect_log "$MNT/d directory: Repairs successful."
refuse_log 'offline repair'
expect_repairs directory 2
exec 8<&-
clean
