# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Filesystems. One is spoken of at a time; "use NAME" turns to another.

# use NAME: from here on all words mean that filesystem. The first is called fs.
use() {
	FS=$1 MNT=/mnt/$1 IMG=$HERE/$1.img LOG=$HERE/$1.log ERR=$HERE/$1.err
	note_of RT "$HERE/$1.rt"
	note_of OPTIONS "$HERE/$1.options"
	note_of PID "$HERE/$1.pid"
	note_of DEV "$HERE/$1.mapper"
	[[ -n $DEV ]] || note_of DEV "$HERE/$1.dev"
}

# note_of VARIABLE FILE: what is in it, or nothing.
note_of() { printf -v "$1" %s ''; [[ ! -e $2 ]] || read -r "$1" <"$2" || true; }

# own NAME: fails if another scenario calls a filesystem so: where they are not each in a namespace of their own it is mounted there too.
own() {
	local owner=/run/name.$1
	(set -o noclobber && echo "${HERE##*/}" >"$owner") 2>/dev/null || [[ $(<"$owner") == "${HERE##*/}" ]] ||
		fail "$(<"$owner") has a filesystem called $1 too"
}

SIZE=300M  # of one that is made

# fs [full | plain] [MKFS OPTION...]: makes one, with files in it, not mounted.
# full heals everything; plain has neither reverse mappings nor parent pointers, so hardly anything.
fs() {
	local options=() template
	[[ -z ${BOOTED-} ]] || own "$FS"
	case $1 in
	full) options=(-m rmapbt=1,reflink=1,autofsck=repair -n parent=1); shift ;;
	plain) options=(-m rmapbt=0,reflink=0,autofsck=repair -n parent=0); shift ;;
	esac
	options+=("$@")
	template="$SIZE ${options[*]}"
	template=$TEMPLATES/${template//\//_}
	mkdir -p "$TEMPLATES"
	(
		flock 9  # scenarios run side by side
		[[ -e $template.img ]] || make_template "$template" "${options[@]}"
	) 9>"$template.lock"
	cp "$template.img" "$IMG"
	cp "$template.before" "$HERE/$FS.before"
	losetup --find --show "$IMG" >"$HERE/$FS.dev"
	mkdir -p "$MNT"
	use "$FS"
	trace_mark
}

# make_template PATH MKFS OPTION...: some files in some directories, over all allocation groups.
make_template() {
	local template=$1 at=$1.mnt dir
	shift
	truncate -s "$SIZE" "$template.new"
	mkfs.xfs -q "$@" "$template.new"
	mkdir -p "$at"
	mount -o loop "$template.new" "$at"
	mkdir -m 750 "$at/lost+found"  # as a directory repair would make it
	for dir in one two three four five six; do
		mkdir "$at/$dir"
		seq 1 4000 | split -l 500 - "$at/$dir/lines."
	done
	manifest "$at" >"$template.before"
	unmount "$at"
	cp --sparse=always "$template.new" "$template.img"  # once, and each copy has its holes
	rm "$template.new"
}

# mount_fs [DIR]: nouuid, since scenarios that run side by side have copies of one template.
mount_fs() { is_mounted "${1-$MNT}" || mount -o "nouuid$OPTIONS" "$DEV" "${1-$MNT}"; }

# is_mounted DIR: something is, there. Without a new process, which is what costs under emulation, where that is how the kernel calls it.
is_mounted() {
	local at
	[[ $1 == /* && $1 != */ && ! -L $1 ]] || { mountpoint -q "$1"; return; }
	while read -r _ _ _ _ at _; do
		[[ $at != *\\* ]] || printf -v at %b "$at"
		[[ $at != "$1" ]] || return 0
	done </proc/self/mountinfo
	return 1
}

# options OPTION...: from now on it is mounted with these too.
options() { printf ',%s' "$@" >>"$HERE/$FS.options"; use "$FS"; }

# umount_fs: until the first damage, notes what is in it.
umount_fs() {
	[[ -e $HERE/$FS.damaged ]] || manifest "$MNT" >"$HERE/$FS.before"
	unmount "$MNT"
}

# unmount DIR: a healer may just be looking at it or repairing. How soon it lets go is for other scenarios to claim.
unmount() { BETWEEN=0.05 eventually "$PATIENCE" umount "$1"; }

# manifest DIR: every name, target, extended attribute and content, in an order of its own.
manifest() (
	cd "$1"
	find . \( -type d -printf '%p %m %n\n' \) -o -printf '%p %y %m %n %s %l\n' | sort
	find . -type f -print0 | sort -z | xargs -0r sha256sum
	getfattr -Rhd -m - -e hex . | awk '/^# file: / { file = $3; next } NF { print file, $0 }' | sort
)

# make_dir PATH N: a directory with so many files.
make_dir() { local i; mkdir "$MNT/$1"; for ((i = 0; i < $2; i++)); do : >"$MNT/$1/name_$i"; done; }

# make_symlink PATH: one whose text has a block of its own.
make_symlink() { ln -s "$(printf 'x%.0s' {1..900})" "$MNT/$1"; }

# make_xattrs PATH N: a file with so many extended attributes.
make_xattrs() { local i; : >"$MNT/$1"; for ((i = 0; i < $2; i++)); do echo "setfattr -n user.attr_$i -v value_$i_$(printf '%050d' $i) $MNT/$1"; done | bash; }

# lost PATH: what it was is not expected back, whatever it is now.
lost() { echo "./$1" >>"$HERE/$FS.lost"; }

# without_lost MANIFEST
without_lost() { awk 'NR == FNR { lost[$1]; next } !($1 in lost) && !($2 in lost)' "$HERE/$FS.lost" "$1"; }

# expect_clean: offline and online checks find nothing and everything is back.
expect_clean() {
	! is_mounted "$MNT" || umount_fs
	xfs_repair -n -P ${RT:+-r "$RT"} "$DEV" >"$HERE/$FS.xfs_repair" 2>&1 || fail "xfs_repair -n finds damage: $(tail -n 3 "$HERE/$FS.xfs_repair")"
	mount_fs
	/usr/sbin/xfs_scrub -n "$MNT" >"$HERE/$FS.xfs_scrub" 2>&1 || fail "xfs_scrub -n finds damage: $(head -n 3 "$HERE/$FS.xfs_scrub")"
	manifest "$MNT" >"$HERE/$FS.after"
	unmount "$MNT"
	echo >>"$HERE/$FS.lost"  # awk wants a line in it
	diff <(without_lost "$HERE/$FS.before") <(without_lost "$HERE/$FS.after") >"$HERE/$FS.diff" ||
		fail "the data is not what it was: $(head -n 4 "$HERE/$FS.diff")"
	touch "$HERE/$FS.clean"
}

# fill: one file takes all the room there is, to the last block.
fill() {
	local size end=0
	: >"$MNT/fill"
	for size in 64 16 4 1; do
		while fallocate -o $((end << 20)) -l "${size}M" "$MNT/fill" 2>/dev/null; do end=$((end + size)); done
	done
	end=$((end << 20))
	for size in 262144 65536 16384 4096; do
		while fallocate -o "$end" -l "$size" "$MNT/fill" 2>/dev/null; do end=$((end + size)); done
	done
}
