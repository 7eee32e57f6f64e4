# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem is mounted below a directory that does not answer, and later somewhere else, or what covers it there goes: there it is
# healed by the healer for all filesystems, gets its own from xfs_healer_start, and is watched by fserrord, also where they cannot ask
# what the kernel knows, as in the units that we ship. When the first place has its answer nothing is said or started twice, and nobody
# is left behind.
in_background
lasts 400
services
links=(a b c d e f g h)
fs full
mount_fs
for name in "${links[@]}"; do make_symlink "$name"; done
for name in "${links[@]}"; do damage_symlink "$name"; done
serves /mnt/dead
at=/mnt/dead/below
mount_fs "$at"
mkdir /mnt/alive
watched_late() { fserrord_says '/mnt/alive: xfs: watched for errors of metadata and of file data'; }
# waits_for_both: the starter and fserrord have nobody who answers.
waits_for_both() {
	starter_complains "$at: does not answer; a healer is started once it does"
	fserrord_complains "$at: does not answer; it is watched once it does"
}
no_walker() { ! pgrep -x xfs_healer_walk >/dev/null; }

# story LINK LINK LINK LINK
story() {
	: >"$SERVICES"
	: >"$HERE/units"
	dies "$SERVER"
	heal_all
	all_complains "$at: does not answer; it is watched once it does"
	mount "$DEV" /mnt/alive
	all_says '/mnt/alive: monitoring started'
	MNT=/mnt/alive touch_symlink "$1"
	all_says "/mnt/alive/$1 symlink: Repairs successful."
	end_all
	umount /mnt/alive

	starter
	fserrord
	waits_for_both
	mount "$DEV" /mnt/alive
	expect_services mnt-alive
	watched_late
	revives "$SERVER"
	pause 3
	expect_services mnt-alive
	fserrord_never_said "^$at: xfs"
	end_fserrord
	end_starter

	# Both mounts are there, and one is covered.
	mount -t tmpfs cover /mnt/alive
	dies "$SERVER"
	: >"$SERVICES"
	: >"$HERE/units"
	starter
	fserrord
	waits_for_both
	umount /mnt/alive
	expect_services mnt-alive
	watched_late
	MNT=/mnt/alive touch_symlink "$2"
	fserrord_says "/mnt/alive/$2: filesystem error: Structure needs cleaning"
	revives "$SERVER"
	end_starter
	end_fserrord
	umount /mnt/alive

	# What is watched already stops answering: who repairs waits, until it is elsewhere.
	exec 7<"$at"
	heal_all
	all_says "$at: monitoring started"
	dies "$SERVER"
	for name in "$1" "$2" "$3"; do readlink "/proc/self/fd/7/$name" >/dev/null || true; done
	pause 5
	mount "$DEV" /mnt/alive
	all_says "/mnt/alive/$2 symlink: Repairs successful."
	all_says "/mnt/alive/$3 symlink: Repairs successful."
	MNT=/mnt/alive touch_symlink "$4"
	all_says "/mnt/alive/$4 symlink: Repairs successful."
	eventually "$PATIENCE" no_walker
	exec 7<&-
	end_all
	revives "$SERVER"
	umount /mnt/alive
}
story a b c d
HOW='/vm/bin/refuse_call 437 38'  # openat2, ENOSYS
story e f g h
umount "$at"
expect_repairs symlink 8
