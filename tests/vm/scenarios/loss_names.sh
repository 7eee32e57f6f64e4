# SPDX-License-Identifier: LGPL-2.1-or-later
# Without parent pointers nothing tells the names that were in a bad block of a directory. The files come to lost+found, where each is
# told.
fs -m rmapbt=1,reflink=1,autofsck=repair -i exchange=1 -n parent=0
mount_fs
make_dir d 200
lost d
umount_fs
damage_dir d
heal
touch_dir d
expect_log_like ' directory: Repairs successful\.$'
expect_log_like "^$MNT/lost\+found/[0-9]+: its name is lost: the repair found no directory that has it$"
repairs_vary
alive
find "$MNT/lost+found" | wc -l
