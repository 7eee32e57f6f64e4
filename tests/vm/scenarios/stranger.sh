# SPDX-License-Identifier: LGPL-2.1-or-later
# The filesystem is moved away and another one, damaged in the same way, is mounted in its place: the stranger is never
# repaired, the right one is. What only says of itself that it is an XFS, as a server of FUSE can, is none: the descriptor that it
# says to be the monitor is one of ours, or nobody's.
fs full
damage_ag 1 bnobt
heal
mkdir /mnt/elsewhere
mount --move "$MNT" /mnt/elsewhere
use stranger
fs full -L stranger
damage_ag 1 bnobt
mount_fs /mnt/fs
xfs_io -x -c 'scrub bnobt 1' /mnt/fs /mnt/elsewhere >/dev/null || true
use fs
expect_log_like ' agno 0x1 bnobt: Repairs successful\.$'
expect_repairs bnobt 1 2  # and none on the stranger: it is not named
unmount /mnt/elsewhere
expect_end "$END_LIMIT"
unmount /mnt/fs
expect_clean
use stranger
refuse xfs_repair -n "$DEV"
if [[ $HEALER == "$C_HEALER" ]]; then skip 'xfs_healer 7.2.0 believes it'; fi
needs_module fuse
mkdir /mnt/pretends
# pretended HOW CODE: what a run says of it.
pretended() {
	local code=0
	"$HEALER" $1 /mnt/pretends >"$HERE/pretends" 2>&1 || code=$?
	expect [ "$code $(<"$HERE/pretends")" = "$2 /mnt/pretends: Inappropriate ioctl for device" ]
}
for answer in 0 1 2 3 9; do
	/vm/bin/pretend_xfs /mnt/pretends $answer &
	eventually "$PATIENCE" grep -q " /mnt/pretends fuse" /proc/mounts
	pretended --repair 1
	pretended '--repair --oneshot' 8
	umount /mnt/pretends
done
