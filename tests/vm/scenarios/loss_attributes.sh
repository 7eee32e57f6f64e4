# SPDX-License-Identifier: LGPL-2.1-or-later
# An inode whose attr fork makes no sense loses its attributes by the repair, and owner and permissions with them, which is told once.
# The name that was there too, for the way back to the directory, is put back.
fs full -m metadir=1
mount_fs
echo data >"$MNT/f"
chown 77:77 "$MNT/f"
setfattr -n user.name -v value "$MNT/f"
lost f
echo f >>"$HERE/$FS.lost"  # nor is its attribute expected back
edit 'path /f' 'write -d a.sfattr.hdr.totsize 3'
heal
touch_inode f
expect_log_like ' core: Repairs successful\.$'
expect_log_like ' parent: Repairs successful\.$'
expect_log "$MNT/f: owner and permissions are lost, and extended attributes that no further repair finds: the repair had to empty the attr fork"
expect [ "$(stat -c '%a %u' "$MNT/f")" = '0 0' ]
expect [ "$(cat "$MNT/f")" = data ]
pause 3
expect [ "$(how_many 'owner and permissions' "$LOG")" = 1 ]
repairs_vary
clean
