# SPDX-License-Identifier: LGPL-2.1-or-later
# Kernels without the health monitor or without repair: refused, or only logging, as by 7.2.0.
for who in ours theirs; do
	use "$who"
	fs full
	mount_fs
done

# refused NUMBER ERRNO ARGUMENT...: the kernel does not know the ioctl of that number.
refused() {
	local LABEL="ioctl $1 gives $2" HOW="refuse_call 16:$1 ${!2}"
	same "${@:3}"
}
monitor=0x40205844 scrub=0xc040583c ENOTTY=25 EOPNOTSUPP=95 EINVAL=22
cases() {
	local errno
	for errno in ENOTTY EOPNOTSUPP EINVAL; do
		refused "$monitor" "$errno" --no-autofsck "$MNT"  # the health monitor
		refused "$scrub" "$errno" --quiet "$MNT"  # scrub and repair
	done
	refused "$monitor" EOPNOTSUPP "$MNT"
	refused "$scrub" EOPNOTSUPP --repair "$MNT"
}
both
