# SPDX-License-Identifier: LGPL-2.1-or-later
#
# xfs_healer_root in each shell that an initramfs may have, without a kernel: what it is told and what it calls is made up, what it
# says and does is compared. To be sourced on the host, in a mount namespace of its own.

SHELLS=(dash bash 'busybox sh' /usr/lib/klibc/bin/sh)

# in_all_shells ROOT DIR: side by side, because some cases wait.
in_all_shells() {
	local nr jobs=() failed=0
	for nr in "${!SHELLS[@]}"; do
		(box "$1" "$2/$nr"; cases) &
		jobs+=($!)
	done
	for nr in "${jobs[@]}"; do wait "$nr" || failed=1; done
	((failed == 0))
}

# box ROOT DIR: a root directory with the programs of ROOT, but with a healer and a mount(8) that do what files say.
box() {
	SHELL_NR=${2##*/} BOX=$2
	mkdir -p "$BOX"/{usr,proc,dev}
	ln -s usr/bin usr/lib usr/lib64 "$BOX/"
	mount --bind "$1/usr" "$BOX/usr"
	: >"$BOX/dev/null"
	mount --bind /dev/null "$BOX/dev/null"
	printf '%s\n' '#!/bin/dash' 'echo "healer $*" >>/calls' 'case $* in *--supported*) . /ask ;; *) . /look ;; esac' >"$BOX/healer"
	printf '%s\n' '#!/bin/dash' 'echo "mount $*" >>/calls' '. /mounting' >"$BOX/mount"
	chmod 755 "$BOX/healer" "$BOX/mount"
	: >"$BOX/fastboot"  # what a shell may take a pattern in the command line for
	mount --bind "$BOX/healer" "$BOX/usr/libexec/xfsprogs/xfs_healer"
	mount --bind "$BOX/mount" "$BOX/usr/bin/mount"
}

# try [NAME=VALUE...]: runs it once on a world in which all is well, but for what is named here.
try() {
	local options=ro,nosuid,relatime,inode64 type=xfs words='quiet ro' ask=: look=: mounting=: limit=$((54321 + SHELL_NR))
	(($# == 0)) || local "$@"
	TRIED=${SHELLS[SHELL_NR]}:$(printf ' %s' "$@")
	printf '%s\n' 'none / rootfs rw 0 0' '/dev/old /r ext4 rw 0 0' "/dev/vda /r $type $options 0 0" 'tmpfs /run tmpfs rw 0 0' >"$BOX/proc/mounts"
	echo "root=/dev/vda $words${limit:+ rd.xfs_healer.timeout=$limit}" >"$BOX/proc/cmdline"
	echo "$ask" >"$BOX/ask"
	echo "$look" >"$BOX/look"
	echo "$mounting" >"$BOX/mounting"
	rm -f "$BOX/calls" "$BOX/dev/kmsg"
	touch "$BOX/calls" "$BOX/dev/kmsg"
	local before=$SECONDS
	# Without SIGPIPE, as systemd starts everything.
	# shellcheck disable=SC2086  # a shell may be two words
	(trap '' PIPE; chroot "$BOX" ${SHELLS[SHELL_NR]} /usr/libexec/xfsprogs/xfs_healer_root /r >"$BOX/out" 2>&1 </dev/null) ||
		fail "$TRIED: exit code $?"
	((SECONDS - before < 60)) || fail "$TRIED: took $((SECONDS - before)) s"
	[[ ! -s $BOX/out ]] || fail "$TRIED: not in the log: $(<"$BOX/out")"
	for _ in {1..600}; do
		# Its own name would be found in the list of what runs, hence the brackets.
		grep -qszx "[5]${limit:1}" /proc/[0-9]*/cmdline || return 0
		sleep 0.1
	done
	fail "$TRIED: leaves its sleep behind"
}

# calls LINE..., logged LINE...: exactly these, of the last try.
calls() { same "$BOX/calls" "$@"; }
logged() { same "$BOX/dev/kmsg" "$@"; }
same() {
	local file=$1 difference
	shift
	difference=$(diff <((($# == 0)) || printf '%s\n' "$@") "$file") || fail "$TRIED: $difference"
}

RW='mount -o remount,rw,nosuid,inode64 /dev/vda /r'
RO='mount -o remount,ro,nosuid,inode64 /dev/vda /r'
ASK='healer --oneshot --supported --quiet /r'
LOOK='healer --oneshot /r'

cases() {
	local word x y n lines
	try
	calls "$ASK" "$RW" "$LOOK" "$RO"
	logged
	try options=rw,relatime look='echo "/r agno 0x1 bnobt: sick"; printf "%s\n" "  /r: \x1b = * \\\\n" >&2; exit 1'
	calls "$ASK" "$LOOK"
	logged '<29>xfs_healer: /r agno 0x1 bnobt: sick' '<29>xfs_healer:   /r: \x1b = * \\n'
	try type=ext4
	calls
	logged
	try ask='exit 1'
	calls "$ASK"
	logged
	try ask='printf "%s\n" "/r\\\\x0a: why not" "/r: * " >&2; exit 1'
	calls "$ASK"
	logged '<29>xfs_healer: /r\\x0a: why not' '<29>xfs_healer: /r: * '

	for word in rd.xfs_healer=0 rd.xfs_healer=no rd.xfs_healer=off fsck.mode=skip fsck.repair=no fastboot rd.skipfsck; do
		try words="* $word quiet"
		calls
		logged "<29>xfs_healer: /r: not looked at: $word"
	done
	try words='rd.xfs_healer=1 fsck.mode=auto rd.skipfsck=0 xrd.xfs_healer=0 fastboo?'
	calls "$ASK" "$RW" "$LOOK" "$RO"
	for word in single s 1 rescue emergency -b rd.break rd.break=pre-mount break=bottom init=/bin/bash systemd.unit=rescue.target; do
		try words="ro $word quiet"
		calls
		logged "<29>xfs_healer: /r: not looked at: $word"
	done
	try words='rw single rd.break init=/bin/sh' options=rw,relatime
	calls "$ASK" "$LOOK"
	logged
	try words='ro init=/lib/systemd/systemd emergency=no 11 xsingle'
	calls "$ASK" "$RW" "$LOOK" "$RO"
	for word in x 0 -1 5s 999999; do
		try limit="$word" options=rw
		calls "$ASK" "$LOOK"
		logged "<28>xfs_healer: rd.xfs_healer.timeout=$word: not a number of seconds from 1 to 99999; it stays 90"
	done

	try look='exit 4'
	calls "$ASK" "$RW" "$LOOK" "$RO"
	logged '<27>xfs_healer: /r: damage is left, see above and xfs_healer(8)'
	try look='exit 9'
	logged '<28>xfs_healer: /r: not everything could be looked at (exit code 9)'
	try look='kill -SEGV $$'
	calls "$ASK" "$RW" "$LOOK" "$RO"
	grep -q 'not everything could be looked at (exit code 139)' "$BOX/dev/kmsg" || fail "$TRIED: $(<"$BOX/dev/kmsg")"
	try mounting='echo "mount: no"; exit 32'
	calls "$ASK" "$RW"
	logged '<29>xfs_healer: mount: no' '<28>xfs_healer: /r: cannot be mounted read-write, not looked at'
	try mounting='case $* in *ro*) exit 32; esac'
	calls "$ASK" "$RW" "$LOOK" "$RO"
	logged '<28>xfs_healer: /r: cannot be mounted read-only again, stays read-write'

	# No line is too long for the kernel, nothing of it is lost.
	x=$(printf 'x%.0s' {1..900}) y=$(printf '\303\244y%.0s' {1..100})
	try look="echo '$x$y'"
	logged "<29>xfs_healer: $x" "<29>xfs_healer: $y"

	# However many there are: as many as the log can bear, the rest is counted, and the last one sums up.
	try look='n=0; while [ $n -lt 120 ]; do echo "line $n"; n=$((n + 1)); done; exit 4'
	mapfile -t lines < <(for ((n = 0; n < 49; n++)); do echo "<29>xfs_healer: line $n"; done)
	logged "${lines[@]}" '<29>xfs_healer: /r: 70 more lines are not shown' '<29>xfs_healer: line 119' \
		'<27>xfs_healer: /r: damage is left, see above and xfs_healer(8)'

	try limit=1 look='sleep 1000 & trap "kill $!; exit 8" TERM; wait'
	calls "$ASK" "$RW" "$LOOK" "$RO"
	logged '<28>xfs_healer: /r: not done after 1 seconds, is being stopped (rd.xfs_healer.timeout=1)'
	# When it ends after all, nobody makes a filesystem read-only that is in use.
	try limit=1 look='trap "" TERM; while [ ! -e /over ]; do sleep 1; done'
	: >"$BOX/over"
	sleep 3
	calls "$ASK" "$RW" "$LOOK"
	logged '<28>xfs_healer: /r: not done after 1 seconds, is being stopped (rd.xfs_healer.timeout=1)' \
		'<27>xfs_healer: /r: does not stop, the boot goes on beside it; it may be left read-write'
}
