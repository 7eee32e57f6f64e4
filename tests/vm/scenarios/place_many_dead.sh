# SPDX-License-Identifier: LGPL-2.1-or-later
# An XFS is mounted below five directories that do not answer and at one that does: it is watched and named there, also by who cannot
# ask what the kernel knows, as in the unit that we ship, and so asks all of them, some at a time.
in_background
fs plain
mount_fs
seq 10000 >"$MNT/f"
servers=()
for n in 1 2 3 4 5; do
	serves "/mnt/dead$n"
	servers+=("$SERVER")
	mkdir -p "/mnt/dead$n/below"
	mount --bind "$MNT" "/mnt/dead$n/below"
done
mkdir -p /mnt/live
mount --bind "$MNT" /mnt/live
umount "$MNT"
dies "${servers[@]}"
HOW='/vm/bin/refuse_call 437 38'  # openat2, ENOSYS
fserrord
fserrord_says '/mnt/live: xfs: watched for errors of metadata and of file data'
reads_wrong /mnt/live/f
end_fserrord
revives "${servers[@]}"
HOW=
umount /mnt/live /mnt/dead{1,2,3,4,5}/below
