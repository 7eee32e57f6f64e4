# SPDX-License-Identifier: LGPL-2.1-or-later
# A wrong realtime summary is rebuilt, also on a filesystem without a metadata directory.
[[ $HEALER != "$C_HEALER" ]] || skip '7.2.0 has no single look'
fs_realtime -m rmapbt=0,reflink=0,autofsck=repair -n parent=0
head -c 300000 /dev/zero >"$MNT/data"
sync
trash 64 'sb 0' 'addr rsumino' 'dblock 0'
mount_fs
single_look
expect grep -Eq "^$MNT rgno 0x0 summary: (sick|corrupt)\$" "$LOG"
not_yet 'Linux 7.0 to 7.3 repairs nothing of it without reverse mappings'
expect [ "$CODE" = 1 ]
expect_repairs rtsummary 1
umount_fs
expect_clean
