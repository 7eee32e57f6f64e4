# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A slow device, and who holds a mount.

# slow MILLISECONDS: so long each read and write takes from here on; 0 is as long as it takes. The filesystem is on a mapper.
slow() {
	local loop
	needs_module dm_delay
	loop=$(<"$HERE/$FS.dev")
	echo "0 $(blockdev --getsz "$loop") delay $loop 0 $1" | remap
}

# held: the healer has something of the filesystem open.
held() { holds "$PID"; }

# others_scrub OPTION...: somebody else's real xfs_scrub is at the filesystem, and stopped there; its process is OTHER. Each b makes
# it wait 0.1 ms before each call, so that it is stopped before it has come to any file.
others_scrub() {
	mount_fs
	/usr/sbin/xfs_scrub "-$(printf 'b%.0s' {1..100})" "$@" "$MNT" >"$HERE/$FS.other" 2>&1 &
	OTHER=$!
	BETWEEN=0.02 eventually "$PATIENCE" holds "$OTHER"
	kill -STOP "$OTHER"
}
holds() {
	local fd
	for fd in /proc/"$1"/fd/*; do
		[[ ! $fd -ef $MNT ]] || return 0
	done
	return 1
}

# share_held SECONDS: for how much of that time, in percent.
share_held() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000)) all=0 held=0
	while ((${EPOCHREALTIME/./} < end)); do
		! held || held=$((held + 1))
		all=$((all + 1))
		pause 0.007
	done
	echo $((held * 100 / all))
}

# umount_again: tries that every 50 ms until it succeeds; sets BUSY to how often, and REFUSED to how long it did not, in milliseconds.
umount_again() {
	BUSY=0 REFUSED=0
	stopwatch
	until umount "$MNT" 2>/dev/null; do
		BUSY=$((BUSY + 1))
		pause 0.05
		REFUSED=$(elapsed)
	done
}
