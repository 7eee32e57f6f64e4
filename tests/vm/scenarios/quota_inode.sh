# SPDX-License-Identifier: LGPL-2.1-or-later
# The mapping of the quota file is damaged. Without a metadata directory no call repairs that inode, since the kernel hides it and
# says ENOENT: it is not called deleted, a full scrub is started instead.
fs full
options uquota
mount_fs
for ((i = 1; i <= 60; i++)); do
	: >"$MNT/one/q$i"
	chown $((i * 1000)) "$MNT/one/q$i"
done
edit 'sb 0' 'print uquotino'
ino=$(sed -n 's/^uquotino = //p' "$HERE/$FS.xfs_db")
edit "inode $ino" 'print core.format'
expect grep -q btree "$HERE/$FS.xfs_db"
trash 8 "inode $ino" 'addr u3.bmbt.ptrs[1]'
heal
chown 99000 "$MNT/one/q1" 2>/dev/null || true
expect_log_like "^$MNT ino $ino gen 0x[0-9a-f]+ datafork: sick$"
expect_log_like "^$MNT ino $ino gen 0x[0-9a-f]+ datafork: Repair unsuccessful; offline repair required\.$"
expect_log "$MNT: starting a full scrub: a repair failed"
expect_log_like "^$MNT ino $ino gen 0x[0-9a-f]+ datafork: offline repair needed: the kernel cannot repair it while this filesystem is mounted$"
refuse_log 'does not exist any more'
repairs_vary
expect_full_scrubs 1
umount "$MNT"
expect_end "$END_LIMIT"
