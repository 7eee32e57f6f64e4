# SPDX-License-Identifier: LGPL-2.1-or-later
# Repairs that cannot bring everything back: an inode whose attr fork makes no sense loses owner, permissions and attributes; one
# whose mappings make no sense its data, where there are no reverse mappings; a directory block without parent pointers the names
# of its files, which come to lost+found. Each is told once, with the file.
fs full -m metadir=1
mount_fs
echo data >"$MNT/f"
chown 77:77 "$MNT/f"
setfattr -n user.name -v value "$MNT/f"
lost f
edit 'path /f' 'write -d a.sfattr.hdr.totsize 3'
heal
stat "$MNT/f" >/dev/null 2>&1 || true
expect_log_like ' core: Repairs successful\.$'
expect_log "$MNT/f: owner and permissions are lost, and extended attributes that no further repair finds: the repair had to empty the attr fork"
repairs_vary
umount_fs

use data
fs plain
mount_fs
seq 60000 >"$MNT/f"
lost f
edit 'path /f' 'write -d u3.bmx[0].startblock 99999999'
heal
stat "$MNT/f" >/dev/null 2>&1 || true
expect_log_like ' core: Repairs successful\.$'
expect_log_like "^$MNT( ino [0-9]+ gen 0x[0-9a-f]+|/f) pos 0 len 348894: data is lost: no repair could bring it back$"
repairs_vary

use names
fs full -n parent=0
mount_fs
make_dir d 200
lost d
damage_dir d
heal
touch_dir d
expect_log_like 'directory: Repairs successful\.$'
expect_log_like "^$MNT/lost\+found/[0-9]+: its name is lost: the repair found no directory that has it$"
repairs_vary
ls -la "$MNT/lost+found" | head -5
