# SPDX-License-Identifier: LGPL-2.1-or-later
# A look for damage holds the mount for a quarter of the time, also on a device so slow that one call takes a second; umount that
# is tried every 50 ms succeeds as soon as the running call is over.
alone
LOOKED_AT=3000
fs full
mount_fs
make_dir many "$LOOKED_AT"
umount_fs
on_mapper

# round MILLISECONDS: unmounted while a look is under way, with a device that takes so long for each read.
round() {
	local share
	mount_fs
	slow "$1"
	heal
	BETWEEN=0.01 eventually "$PATIENCE" held
	share=$(share_held 8)
	BETWEEN=0.01 eventually "$PATIENCE" held
	umount_again
	slow 0
	expect_end 30
	measure 'Unmount during a look' "each read=$1 ms" "held=$share %" "umount refused=$REFUSED ms" "times=$BUSY"
	((share <= 40)) || fail "held for $share % of the time"
	noted
	((REFUSED <= 2 * $1 + 500 * SLOW / 100)) || fail "umount refused for $REFUSED ms, where one call takes a read or two"
}
round 300
round 1000
expect_clean
