# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem with zones, whose realtime section lies behind the data on one device: of a sector there that goes bad the file is named,
# and the reverse mappings of a zone are healed with one call, as are btrees of the data section.
if kernel_before 7.2; then skip 'zones are experimental on Linux 7.0.4, and what is told of them differs'; fi
SIZE=2G  # of which mkfs.xfs makes six zones
fs -m rmapbt=1,autofsck=repair -r zoned=1
on_mapper
mount_fs
seq 60000 >"$MNT/f"
xfs_io -fd -c 'pwrite -q -B -b 4k 0 2m' "$MNT/backwards"  # so many mappings that they fill blocks
sync
heal
at=$(sector_of "$MNT/f" 131072)
broken "$at" 8
verify "$at" 8 -r
expect_log "$MNT/f pos 131072 len 4096: data is lost: the medium cannot be read"
unbroken
trash_mounted 8 'path -m /rtgroups/0.rmap' 'addr u3.rtrmapbt.ptrs[1]'
scrub 'rtrmapbt 0'
expect_log "$MNT rgno 0x0 rmapbt: Repairs successful."
trash_mounted 8 'agf 1' 'addr bnoroot'
touch_ag 1 bnobt
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
expect_repairs rtrmapbt 1 5
expect_repairs bnobt 1 2
clean
