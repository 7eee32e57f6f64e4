# SPDX-License-Identifier: LGPL-2.1-or-later
# A symlink whose block was trashed has its target again after the repair.
fs full
mount_fs
make_symlink s
target=$(readlink "$MNT/s")
damage_symlink s
heal
touch_symlink s
expect_log "$MNT/s symlink: Repairs successful."
expect_repairs symlink 1 2
not_yet 'Linux 7.0 to 7.3 saves the text only where the check found no corruption (fs/xfs/scrub/symlink_repair.c)'
has_its_target() { [[ $(readlink "$MNT/s") == "$target" ]]; }
expect has_its_target
clean
