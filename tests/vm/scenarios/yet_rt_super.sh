# SPDX-License-Identifier: LGPL-2.1-or-later
# A check of the superblock of the realtime device sees what has become of it on the device, and it is healed.
fs_realtime -m metadir=1,rmapbt=1,reflink=1,autofsck=repair -n parent=1
heal
forget
printf damage | dd of="$HERE/fs.rt.img" bs=1 seek=40 conv=notrunc status=none
scrub 'rgsuper 0'
not_yet 'Linux 7.0 to 7.3 checks only what is in memory, and reports nothing'
PATIENCE=3 expect_log_like ' super: (sick|corrupt)$'
expect_healed_after_grace ' rgno 0x0 super'
repairs_vary
clean
