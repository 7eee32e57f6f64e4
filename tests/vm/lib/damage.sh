# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Damage for real, in the blocks of the unmounted filesystem, and the looks that make the kernel stumble on it.

# trash BYTE XFS_DB COMMAND...: random bytes (the same in each run) at that place of the block that the commands lead to.
# The CRC no longer fits, so that whoever reads the block notices.
trash() { trash_by edit "$@"; }
trash_by() {
	local edit=$1 bit=$(($2 * 8))
	shift 2
	"$edit" "$@" "blocktrash -s 1 -o $bit -n 1 -x 64 -y 64 -3 -z"
	grep -q '^blocktrash: ' "$HERE/$FS.xfs_db" || fail "nothing damaged: $(<"$HERE/$FS.xfs_db")"
}

# edit XFS_DB COMMAND...: on the unmounted filesystem.
edit() {
	! is_mounted "$MNT" || umount_fs
	write_by_xfs_db "$DEV" "$@"
}
write_by_xfs_db() {
	local file=$1 command commands=()
	shift
	for command in "$@"; do commands+=(-c "$command"); done
	touch "$HERE/$FS.damaged"
	[[ -b $file ]] || commands+=(-f)
	xfs_db -x ${RT:+-R "$RT"} "${commands[@]}" "$file" >"$HERE/$FS.xfs_db" 2>&1 || fail "xfs_db: $(<"$HERE/$FS.xfs_db")"
}

# damage_ag AGNO STRUCTURE: its root block.
damage_ag() {
	case $2 in
	bnobt | cntbt) trash 8 "agf $1" "addr ${2%bt}root" ;;
	rmapbt) trash 8 "agf $1" 'addr rmaproot' ;;
	refcountbt) trash 8 "agf $1" 'addr refcntroot' ;;
	inobt) trash 8 "agi $1" 'addr root' ;;
	finobt) trash 8 "agi $1" 'addr free_root' ;;
	agfl) trash 8 "agfl $1" ;;
	super) trash 8 "sb $1" ;;
	*) fail "damage_ag: unknown structure $2" ;;
	esac
}

# damage_dir PATH [BLOCK]: a block of the directory.
damage_dir() { trash 8 "path /$1" "dblock ${2-0}"; }

# damage_symlink PATH: behind the target, since of a block whose header is damaged the kernel saves nothing, and damaged text it takes as
# it is. Linux 7.2 saves nothing in any case, so that the target is not expected back.
damage_symlink() {
	trash 2048 "path /$1" 'dblock 0'
	lost "$1"
}

# damage_xattrs PATH: the first block of the extended attributes.
damage_xattrs() { trash 8 "path /$1" 'ablock 0'; }

# damage_inode PATH: the user id without a new CRC, so that the inode cannot be loaded; those beside it can.
damage_inode() { edit "path /$1" 'write -c core.uid 77'; }

# two_dirs: two damaged directories, d and e: to rebuild one the whole tree is looked through, which ends at the other.
two_dirs() {
	local dir
	mount_fs
	for dir in d e; do make_dir "$dir" 200; done
	for dir in d e; do damage_dir "$dir"; done
}

# damage_links PATH: its link count is 0, with a good checksum; it is still in its directory.
damage_links() {
	edit "path /$1" 'write -d core.nlinkv2 0'
	grep -q '^core.nlinkv2 = 0$' "$HERE/$FS.xfs_db" || fail "nothing damaged: $(<"$HERE/$FS.xfs_db")"
}

# strand PATH: the same, but it is in no directory, nor on the list of unlinked inodes that the kernel expects it on.
strand() {
	local ino agino list
	ino=$(inode_number "$1")
	edit "path /$(dirname "$1")" "unlink $(basename "$1")"
	edit "convert inode $ino agino"
	agino=$(sed 's/ .*//' "$HERE/$FS.xfs_db")
	list=$((agino % 64))
	edit "convert inode $ino agno"
	edit "agi $(sed 's/ .*//' "$HERE/$FS.xfs_db")" "write -d unlinked[$list] 0xffffffff"
}

# bad_links: the files "here" and "stray", in AG 0, are the one and the other from now on; their numbers are in BAD_LINKS.
bad_links() {
	mount_fs
	seq 1 4000 | tee "$MNT/here" >"$MNT/stray"
	umount_fs
	BAD_LINKS=("$(inode_number here)" "$(inode_number stray)")
	damage_links here
	strand stray
}

# says_bad_links: that both must not be loaded. The healer waits until that is certain.
says_bad_links() {
	local ino
	for ino in "${BAD_LINKS[@]}"; do
		eventually 180 grep -Eq "^$MNT ino $ino gen 0x[0-9a-f]+ core: offline repair needed: it is in use, but has no link" "$LOG"
	done
}

# expect_bad_links_whole: nothing has loaded them, so that the filesystem is up and unmounts, and xfs_repair brings them back.
expect_bad_links_whole() {
	: >"$MNT/usable"
	unmount "$MNT"
	xfs_repair "$DEV" >"$HERE/$FS.xfs_repair" 2>&1 || fail "xfs_repair fails: $(tail -n 3 "$HERE/$FS.xfs_repair")"
	mount_fs
	expect cmp "$MNT/here" "$MNT/lost+found/${BAD_LINKS[1]}"
	expect cmp "$MNT/here" <(seq 1 4000)
	unmount "$MNT"
}

# inode_number PATH: without mounting.
inode_number() { edit "path /$1" 'print v3.inumber' && sed -n 's/^v3.inumber = //p' "$HERE/$FS.xfs_db"; }

# damage_symlinks N: s1 to sN, made and damaged in one go.
damage_symlinks() {
	local i damage=()
	mount_fs
	for ((i = 1; i <= $1; i++)); do
		make_symlink "s$i"
		lost "s$i"
		damage+=("path /s$i" 'dblock 0' 'blocktrash -s 1 -o 16384 -n 1 -x 64 -y 64 -3 -z')
	done
	edit "${damage[@]}"
}

# storm N [OPTION...]: so many damaged symlinks, all reported while the healer was held up; comes back when it is at work on them.
storm() {
	damage_symlinks "$1"
	shift
	heal "$@"
	kill -STOP "$PID"
	touch_symlinks
	kill -CONT "$PID"
	expect_log_like ': Repairs successful\.$'
}

# touch_ag AGNO STRUCTURE: a check, which reads it. Whether it finds something is the kernel's to report.
touch_ag() { xfs_io -x -c "scrub $2 $1" "$MNT" >/dev/null 2>&1 || true; }

# touch_dir PATH: as a program would, like the next ones; nothing of it if that fails.
touch_dir() { ls "$MNT/$1" >/dev/null 2>&1 || true; }

# touch_inode PATH: as stat(1).
touch_inode() { stat "$MNT/$1" >/dev/null 2>&1 || true; }

# touch_symlink PATH: as readlink(1).
touch_symlink() { readlink "$MNT/$1" >/dev/null 2>&1 || true; }

# touch_symlinks: those of damage_symlinks.
touch_symlinks() { readlink "$MNT"/s[0-9]* >/dev/null 2>&1 || true; }

# touch_xattrs PATH: as getfattr(1).
touch_xattrs() { getfattr -d "$MNT/$1" >/dev/null 2>&1 || true; }
