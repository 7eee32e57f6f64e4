# SPDX-License-Identifier: LGPL-2.1-or-later
# Where only directories of a filesystem are mounted, a file is named by the one that it can be seen in, also where fserrord cannot ask
# what the kernel knows, as in the unit that we ship, and one that is mounted below a directory that does not answer takes no name away.
in_background
fs plain
mount_fs
mkdir "$MNT"/{a,b,c} /mnt/{a,b}
for dir in a b; do
	for number in 1 2 3; do seq 10000 >"$MNT/$dir/$number"; done
	mount --bind "$MNT/$dir" "/mnt/$dir"
done
serves /mnt/dead
mkdir -p /mnt/dead/below
mount --bind "$MNT/c" /mnt/dead/below
umount "$MNT"
dies "$SERVER"

# named NUMBER: of one file in each.
named() {
	fserrord
	fserrord_says_like '^/mnt/[ab]: xfs: watched for errors of metadata and of file data$'
	for dir in a b; do
		reads_wrong "/mnt/$dir/$1"
		pause 2  # for a second after a look nothing is looked up
	done
	end_fserrord
}
named 1
HOW='/vm/bin/refuse_call 437 38'  # openat2, ENOSYS
named 2
revives "$SERVER"
HOW=
named 3
umount /mnt/a /mnt/b /mnt/dead/below
