# SPDX-License-Identifier: LGPL-2.1-or-later
# Kernels without the health monitor or without repair, by errors that strace injects: refused, or only logging, as by 7.2.0.
for who in ours theirs; do
	use "$who"
	fs full
	mount_fs
done

# refused NUMBER ERRNO ARGUMENT...: the last ioctl of that number before it listens fails so; ours first asks another thing by one.
refused() {
	local LABEL="ioctl $1 gives $2" HOW fd nth words="${*:3}"
	local trace=$HERE/$WHO.${words//[ \/]/_}.strace
	if [[ ! -e $trace ]]; then  # it is found by its descriptor and its place among the calls of a thread on that
		HOW="strace --seccomp-bpf -f -qq -e trace=ioctl -o $trace" answer "${@:3}" >"$trace.answer"
	fi
	read -r fd nth < <(awk -F '[ (,]+' -v number="0x58, $1," '
		{ n[$1, $3]++ }
		index($0, number) { fd = $3; nth = n[$1, $3] }
		END { print fd, nth }' "$trace")
	HOW="strace --seccomp-bpf -f -qq -o /dev/null --trace-fds=$fd -e trace=ioctl -e inject=ioctl:error=$2:when=$nth" same "${@:3}"
}
cases() {
	local errno
	for errno in ENOTTY EOPNOTSUPP EINVAL; do
		refused 0x44 "$errno" --no-autofsck "$MNT"  # the health monitor
		refused 0x3c "$errno" --quiet "$MNT"  # scrub and repair
	done
	refused 0x44 EOPNOTSUPP "$MNT"
	refused 0x3c EOPNOTSUPP --repair "$MNT"
}
both
