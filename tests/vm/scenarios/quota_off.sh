# SPDX-License-Identifier: LGPL-2.1-or-later
# The inode of the quota file cannot be loaded, so that the kernel mounts without quota and then says of each structure that there is
# no such one. It still knows them as damaged: nothing is called gone or good.
fs full
options uquota
mount_fs
umount_fs
edit 'sb 0' 'print uquotino'
ino=$(sed -n 's/^uquotino = //p' "$HERE/$FS.xfs_db")
edit "inode $ino" 'write -d v3.metadata 1'
expect grep -q '^v3.metadata = 1$' "$HERE/$FS.xfs_db"
heal
expect_log "$MNT usrquota: Repair unsuccessful; offline repair required."
expect_log "$MNT usrquota: offline repair needed: the kernel cannot repair it while this filesystem is mounted"
expect_log "$MNT ino $ino gen 0x0 core: Repair unsuccessful; offline repair required."
expect_log "$MNT ino $ino gen 0x0 core: offline repair needed: the kernel cannot repair it while this filesystem is mounted"
eventually "$PATIENCE" still 5 news
refuse_log 'does not exist any more|No modification needed'
repairs_vary
expect_full_scrubs 1
umount "$MNT"
expect_end "$END_LIMIT"
