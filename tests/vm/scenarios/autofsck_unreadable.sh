# SPDX-License-Identifier: LGPL-2.1-or-later
# The property "autofsck" says repair but cannot be read (EIO): it is not repaired.
for who in ours theirs; do
	use "$who"; fs full; mount_fs
	use "$who-plain"; fs plain; mount_fs
done
cases() {
	local errno HOW LABEL
	for errno in EIO EPERM; do
		LABEL="fgetxattr gives $errno" HOW="strace --seccomp-bpf -f -qq -o /dev/null -e trace=fgetxattr -e inject=fgetxattr:error=$errno"
		same "/mnt/$WHO"
		same --quiet "/mnt/$WHO"
		same "/mnt/$WHO-plain"
	done
}
both
