# SPDX-License-Identifier: LGPL-2.1-or-later
# The property "autofsck" says repair but cannot be read (EIO): it is not repaired, nor is it disabled for good, since nobody
# knows what the property says. That is said.
for who in ours theirs; do
	use "$who"; fs full; mount_fs
	use "$who-plain"; fs plain; mount_fs
done
declare -A TEXT=([EIO]='Input/output error' [EPERM]='Operation not permitted')
unread() { echo "err: $1: cannot read the property autofsck, nothing is repaired until it can be read: ${TEXT[$errno]}"; }
cases() {
	local errno HOW LABEL why='says that it cannot be read'
	for errno in EIO EPERM; do
		LABEL="fgetxattr gives $errno" HOW="strace --seccomp-bpf -f -qq -o /dev/null -e trace=fgetxattr -e inject=fgetxattr:error=$errno"
		differs "$why" "/mnt/$WHO" <<-END
			monitors
			out: /mnt/fs: Only logging errors per autofsck directive.
			out: /mnt/fs: monitoring started
			$(unread /mnt/fs)
		END
		differs "$why" --quiet "/mnt/$WHO" <<-END
			monitors
			out: /mnt/fs: monitoring started
			$(unread /mnt/fs)
		END
		differs 'is not disabled' "/mnt/$WHO-plain" <<-END
			monitors
			out: /mnt/fs-plain: Only logging errors per autofsck directive.
			out: /mnt/fs-plain: monitoring started
			$(unread /mnt/fs-plain)
		END
	done
}
both
