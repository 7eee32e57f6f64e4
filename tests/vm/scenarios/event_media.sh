# SPDX-License-Identifier: LGPL-2.1-or-later
# A look at the media finds bad sectors on the data, log and realtime devices: the range is told, every file in it, and what
# else lies there.
fs full
on_mapper
mount_fs
seq 60000 >"$MNT/f"
sync
heal
at=$(sector_of "$MNT/f" 131072)
broken "$at" 128
verify() { xfs_io -rx -c "verifymedia $*" "$MNT" >/dev/null 2>&1 || true; }
verify $((at * 512)) $(((at + 128) * 512))  # without -R it is not told
verify -R $((at * 512)) $(((at + 128) * 512))
expect_log "$MNT datadev daddr 0x$(printf %x "$at") bbcount 0x80: media error"
expect_log "$MNT/f pos 131072 len 65536: media failed"
expect [ "$(how_many 'media error' "$LOG")" = 1 ]
unbroken
clean

# The log and the realtime section on devices of their own.
for use in log rt; do
	truncate -s 128M "$HERE/$use.img"
	losetup --find --show "$HERE/$use.img" >"$HERE/$use.dev"
	use "$use"
	on_mapper
done
use three
truncate -s 320M "$IMG"
losetup --find --show "$IMG" >"$HERE/three.dev"
use three
mkdir "$MNT"
mkfs.xfs -q -m rmapbt=1,metadir=1,autofsck=check -n parent=1 -l logdev="$(<"$HERE/log.mapper")" -r rtdev="$(<"$HERE/rt.mapper")" "$DEV"
mount -o logdev="$(<"$HERE/log.mapper")",rtdev="$(<"$HERE/rt.mapper")" "$DEV" "$MNT"
xfs_io -f -R -c 'pwrite 0 1m' -c fsync "$MNT/rt" >/dev/null
rt_at=$(xfs_io -r -c bmap "$MNT/rt" | awk '$1 == "0:" { split($3, range, "[.][.]"); print range[1] }')
heal
(use log; broken 128 8)
(use rt; broken "$rt_at" 8)
verify -R -l $((128 * 512)) $((136 * 512))
verify -R -r $((rt_at * 512)) $(((rt_at + 8) * 512))
expect_log "$MNT logdev daddr 0x80 bbcount 0x8: media error"
expect_log "$MNT rtdev daddr 0x$(printf %x "$rt_at") bbcount 0x8: media error"
expect_log "$MNT/rt pos 0 len 4096: media failed"
expect_log "$MNT/rt pos 0 len 4096: data is lost: the medium cannot be read"
expect_log "$MNT logdev daddr 0x80 bbcount 0x8: the log; what it holds may be lost with the next crash"
(use rt; broken 0 8 200000 8)
verify -R -r 0 4096
verify -R -r $((200000 * 512)) $((200008 * 512))
expect_log "$MNT rtdev daddr 0x0 bbcount 0x8: the realtime superblock, which cannot be written elsewhere"
expect_log "$MNT rtdev daddr 0x30d40 bbcount 0x8: free space; nothing is lost"
(use log; unbroken)
(use rt; unbroken)
unmount "$MNT"
expect_end "$END_LIMIT"
