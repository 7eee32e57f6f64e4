# SPDX-License-Identifier: LGPL-2.1-or-later
# A block of a directory with 200 names is trashed; listing it is enough, and every name is back.
fs full
structure 'directory block' directory '/d directory'
mount_fs
make_dir d 200
damage_dir d
heal
touch_dir d
expect_log "$MNT/d directory: sick"
expect_log "$MNT/d directory: Repairs successful."
expect_repairs directory 1 2
clean
