# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The watch for errors of any filesystem, and filesystems other than XFS.

# fserrord [OPTION...]: starts it; its lines are in ERRORS_LOG, those on standard error in ERRORS_ERR. HOW goes before it, as words.
fserrord() {
	ERRORS_LOG=$HERE/fserrord.log ERRORS_ERR=$HERE/fserrord.err
	: >"$ERRORS_LOG"
	: >"$ERRORS_ERR"
	${HOW-} "$FSERRORD" "$@" >>"$ERRORS_LOG" 2>>"$ERRORS_ERR" &
	ERRORS_PID=$!
}

# fserrord_unit LINE...: starts it under the unit that we ship, with these lines more. systemd_runs and our_units come before.
fserrord_unit() {
	local program=/usr/libexec/xfsprogs/fserrord unit=fserrord.service
	systemctl stop "$unit" || true
	if [[ ! -s $program ]]; then
		: >>"$program"
		mount --bind "$FSERRORD" "$program"
	fi
	ERRORS_LOG=$HERE/fserrord.log ERRORS_ERR=$HERE/fserrord.err
	: >"$ERRORS_LOG"
	: >"$ERRORS_ERR"
	unit "$unit.d/test.conf" '[Unit]' DefaultDependencies=no '[Service]' "StandardOutput=append:$ERRORS_LOG" \
		"StandardError=append:$ERRORS_ERR" Restart=no "$@"
	systemctl start "$unit" || return 1
	ERRORS_PID=$(pgrep -fx "$program( .*)?") || fail "fserrord is not there: $(head -n 1 "$ERRORS_ERR")"
}

# fserrord_says LINE [N]: soon, and at least so often.
fserrord_says() { eventually "$PATIENCE" fserrord_said "$@"; }
fserrord_said() { (($(grep -Fxc -- "$1" "$ERRORS_LOG" || true) >= ${2-1})); }

# reads_wrong FILE [COUNT]: an error of a file that is sound is said, by name. Until then it is held open: the kernel may forget the
# names of files that nobody uses, and does so where another scenario has it forget what it can.
reads_wrong() {
	local held
	exec {held}<"$1"
	read_nowhere "$1" "${2-1}"
	fserrord_says "$1: filesystem error: Bad address"
	exec {held}<&-
}

# fserrord_says_like REGEX: soon.
fserrord_says_like() { eventually "$PATIENCE" grep -Eq -- "$1" "$ERRORS_LOG"; }

# fserrord_complains LINE: on standard error, soon.
fserrord_complains() { eventually "$PATIENCE" has_line "$ERRORS_ERR" "$1"; }

# fserrord_never_said REGEX: nothing of the kind, on either.
fserrord_never_said() { ! grep -Eq -- "$1" "$ERRORS_LOG" "$ERRORS_ERR" || fail "said: $(grep -Eh -- "$1" "$ERRORS_LOG" "$ERRORS_ERR" | head -n 1)"; }

# fserrord_sleeps: soon it has one thread, which makes no system call.
fserrord_sleeps() {
	local tracer
	eventually 30 fserrord_is_one_thread
	strace -f -o "$HERE/strace" -p "$ERRORS_PID" &
	tracer=$!
	eventually "$PATIENCE" grep -q 'TracerPid:.*[1-9]' "/proc/$ERRORS_PID/status"
	eventually 100 still 15 fserrord_calls
	kill -INT "$tracer"
	wait "$tracer" || true
}
fserrord_is_one_thread() { (($(find "/proc/$ERRORS_PID/task" -mindepth 1 -maxdepth 1 | wc -l) == 1)); }
fserrord_calls() { wc -l <"$HERE/strace"; }

# errors_of PLACE: how many errors of that filesystem it has heard of, which it is asked for.
errors_of() {
	kill -USR1 "$ERRORS_PID"
	pause 0.3
	sed -n "s|^$1: errors up to now: ||p" "$ERRORS_LOG" | tail -n 1
}

# has_heard PLACE N: of so many errors.
has_heard() { (($(errors_of "$1") == $2)); }

# end_fserrord: it is still there, and ends by SIGTERM with exit 0.
end_fserrord() {
	kill -TERM "$ERRORS_PID" || fail 'fserrord is gone'
	eventually "$PATIENCE" fserrord_gone
	wait "$ERRORS_PID" || fail "fserrord ended with $?"
}
fserrord_gone() { ! kill -0 "$ERRORS_PID" 2>/dev/null; }

# other TYPE [MKFS OPTION...]: makes a filesystem of that type, mounted, with the directory d of 200 files and the file f in it.
other() {
	local type=$1
	shift
	needs_module "$type"
	truncate -s 160M "$IMG"
	"mkfs.$type" -q "$@" "$IMG" >"$HERE/$FS.mkfs" 2>&1 || fail "mkfs.$type: $(tail -n 2 "$HERE/$FS.mkfs")"
	losetup --find --show "$IMG" >"$HERE/$FS.dev"
	mkdir -p "$MNT"
	use "$FS"
	mount -t "$type" "$DEV" "$MNT"
	make_dir d 200
	seq 100000 >"$MNT/f"
	sync -f "$MNT"
}

# copied: unmounts the filesystem and makes a copy of it, which lies on the loop device COPY and is called alike.
copied() {
	umount "$MNT"
	cp --sparse=always "$IMG" "$HERE/copy.img"
	COPY=$(losetup --find --show "$HERE/copy.img")
	echo "$COPY" >"$HERE/copy.dev"
}

# three_types: an ext4 of "fs", with d trashed, a btrfs of "b" over a device that can fail, and an XFS of "down", all mounted.
three_types() {
	use b
	other btrfs -d single
	on_mapper_again
	use down
	fs plain
	mount_fs
	use fs
	other ext4 -b 4096
	trash_ext4 d
}

# remedies_wait: a btrfs of "b" over a device that can fail, and an XFS of "fs", of which d is damaged and whose healer, a unit, has LOG
# and ERR. systemd_runs and our_units come before.
remedies_wait() {
	use b
	other btrfs -d single
	on_mapper_again
	use fs
	fs full
	mount_fs
	make_dir d 200
	damage_dir d
	mount_fs
	: >"$LOG"
	: >"$ERR"
	unit "xfs_healer@mnt-$FS.service.d/test.conf" '[Unit]' DefaultDependencies=no '[Service]' "StandardOutput=append:$LOG" \
		"StandardError=append:$ERR"
}

# ext4_on_lvm MEGABYTES: an ext4, mounted, with the directory d of 200 files and the file f in it, on a logical volume; its group has
# so much room more. The group's device can fail.
ext4_on_lvm() {
	local group=$FS.$$
	unset DM_DISABLE_UDEV
	export LVM_SUPPRESS_FD_WARNINGS=1
	needs_module dm_snapshot
	echo 'devices { global_filter = [ "r|/dev/loop.*|" ] }' >/etc/lvm/lvmlocal.conf  # what is on them is seen on the mapper
	truncate -s "$((172 + $1))M" "$IMG"
	losetup --find --show "$IMG" >"$HERE/$FS.dev"
	use "$FS"
	on_mapper
	echo "$DEV" >"$HERE/$FS.group"
	{
		pvcreate -qq "$DEV"
		vgcreate -qq "$group" "$DEV"
		lvcreate -qq --yes --wipesignatures n --name volume --size 160m "$group"
	} 2>&1 || fail 'no volume'
	(($1)) || lvcreate -qq --yes --wipesignatures n --name rest --extents 100%FREE "$group" || true
	echo "/dev/mapper/$group-volume" >"$HERE/$FS.mapper"
	mkdir -p "$MNT"
	use "$FS"
	mkfs.ext4 -q -b 4096 "$DEV"
	mount "$DEV" "$MNT"
	make_dir d 200
	seq 100000 >"$MNT/f"
	sync -f "$MNT"
}

# broken_on_lvm SECTOR COUNT: those of the volume give errors.
broken_on_lvm() {
	local volume=$DEV
	DEV=$(<"$HERE/$FS.group")
	broken "$(($1 + 2048))" "$2"  # the volume begins behind the first MiB
	DEV=$volume
}

# no_lvm: takes it all down, unmounted.
no_lvm() {
	vgremove -qq --force --yes "$FS.$$"
	cp "$HERE/$FS.group" "$HERE/$FS.mapper"
	use "$FS"
}

# on_mapper_again: the same filesystem over a device that can fail.
on_mapper_again() {
	umount "$MNT"
	on_mapper
	mount "$DEV" "$MNT"
}

# kernel_counts: how many errors ext4 has counted itself, of metadata.
kernel_counts() { cat "/sys/fs/ext4/$(basename "$(realpath "/sys/dev/block/$(mountpoint -x "$DEV")")")/errors_count"; }

# trash_ext4 PATH: the first block of a directory, unmounted; it is mounted again.
trash_ext4() {
	local block
	umount "$MNT"
	block=$(debugfs -R "blocks /$1" "$DEV" 2>/dev/null | awk '{ print $1 }')
	[[ $block ]] || fail "no block of $1"
	dd if=/dev/urandom of="$DEV" bs=1k seek=$((block * $(block_size))) count="$(block_size)" conv=notrunc,fsync status=none
	mount "$DEV" "$MNT"
}

# block_size: in KiB.
block_size() { dumpe2fs -h "$DEV" 2>/dev/null | awk '/^Block size:/ { print $3 / 1024 }'; }
