# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The guest's side of tests/vm/demo: what a person sees. "@healed" at its end tells the host that all of it came true.

[[ -z $COLOUR ]] && bold='' dim='' plain='' || bold=$'\e[1m' dim=$'\e[32m' plain=$'\e[0m'

say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }

# show COMMAND: the command and what it answers.
show() {
	printf '  $ %s\n' "$1"
	bash -c "$1" 2>&1 | sed 's/^/    /' || true
}

# healed LOOK LINE: looks, waits until the healer has said LINE, and looks again.
healed() {
	show "$1"
	expect_log "$MNT$2: Repairs successful."
	pause 0.5  # tail shows it
	show "$1"
}

say "Linux $(uname -r), $(mkfs.xfs -V)"
fs full
mount_fs
make_dir many 200
make_symlink far
echo "  An XFS filesystem on $MNT with $(find "$MNT" -type f | wc -l) files; the SHA-256 of each is noted."

say 'Three of its blocks are overwritten with random bytes while it is not mounted:'
damage_ag 1 cntbt; echo '  the free space btree of allocation group 1'
damage_dir many; echo "  a block of the directory $MNT/many, which has 200 names"
damage_symlink far; echo "  the block of the symlink $MNT/far"
show "xfs_repair -n $DEV 2>&1 | grep -c -E 'CRC error|bad CRC|corrupt|would'"

say 'It is mounted, xfs_healer watches, and programs run into the damage:'
heal
tail -n +1 -s 0.1 -f "$LOG" | sed -u "s/.*/  healer | $dim&$plain/" &
healed "fstrim -v $MNT" ' agno 0x1 cntbt'
healed "ls $MNT/many | wc -l" '/many directory'
healed "readlink $MNT/far | cut -c 1-78" '/far symlink'
echo '    (Linux 7.2 cannot save the text of such a symlink; it says so in its place.)'

say 'The proof:'
alive
umount_fs
expect_end "$END_LIMIT"
pause 0.5
expect_clean
cat <<-END
	  xfs_repair -n   finds nothing
	  xfs_scrub -n    finds nothing
	  $(grep -c ' f ' "$HERE/fs.after") files        names, attributes and SHA-256 as before
END
[[ ! -s $HERE/json ]] || { say 'The same as JSON:'; sed 's/^/  json   | /' "$HERE/json"; }
trap - EXIT
echo @healed
