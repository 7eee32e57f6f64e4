# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem shuts down because its metadata cannot be written, because damage would spread, because its disk is pulled
# out. The reason is told, nothing is repaired, and nobody asks for an offline repair.
needs_module virtio_blk
new metadata
metadata_fails() {
	echo 0 >"/sys/fs/xfs/$(basename "$(realpath "/sys/dev/block/$(mountpoint -x "$DEV")")")/error/metadata/EIO/max_retries"
	: >"$MNT/new"
	broken 0 64
}
falls 'metadata I/O error' metadata_fails

new memory
# A free extent that covers what files have: these blocks are freed twice, which is noticed halfway through a transaction.
for ag in 0 1 3; do edit "agf $ag" 'addr bnoroot' 'write recs[1].startblock 8' 'write recs[1].blockcount 15000'; done
mount_fs
# Nothing in AG 2: whoever reads its btree in the middle of a transaction shuts down for that.
mapfile -t outside < <(for file in "$MNT"/*/lines.*; do echo "$(xfs_io -r -c 'bmap -v' "$file" | awk 'NR == 3 { print $4 }') $file"; done | awk '$1 ~ /^[013]$/ { print $2 }')
free_twice() { rm "${outside[@]}"; }
falls 'in-memory state corruption' free_twice

# A virtio disk, because it is there and can be pulled out.
disk=$(cd /sys/block && echo vd*)
[[ -e /dev/$disk ]] || fail 'the guest has no virtio disk'
use removed
DEV=/dev/$disk
mkdir "$MNT"
mkfs.xfs -qf -m rmapbt=1,autofsck=repair -n parent=1 "$DEV"
damage_ag 2 bnobt
pull_out() { basename "$(realpath "/sys/block/$disk/device")" >/sys/bus/virtio/drivers/virtio_blk/unbind; }
falls 'device removed' pull_out
