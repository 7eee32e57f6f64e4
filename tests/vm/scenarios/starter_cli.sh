# SPDX-License-Identifier: LGPL-2.1-or-later
# The command lines of xfs_healer_start are answered as by 7.2.0, but for --version and --help; what it cannot watch, because of
# the file it is given, the kernel or missing privileges, is said in the same words.
HEALER=$STARTER C_HEALER=$C_STARTER STAYS=': xfs_healer service started.'
services
fs full
mount_fs

# broken CALL ERRNO ARGUMENT...: that system call fails so.
broken() {
	local LABEL="$1 gives $2" HOW="strace -qq -o /dev/null -e inject=$1:error=$2"
	same "${@:3}"
}
cases() {
	local errno call
	same
	same operand
	same -- --supported
	same --mountns /proc/self/ns/mnt operand
	same --nope
	same -x
	same -x=y
	same ---
	same --debug=3
	same --deb=3
	same --mountns
	same --sup --nope
	same -V
	same -V --nope
	same -Vx
	same --debug -V operand
	same --mountns /nope -V
	same --nope -V
	same --nope --help
	same --supported
	same --sup --deb operand
	same --mountns=/proc/self/ns/mnt --supported
	same --m /proc/self/ns/mnt --s
	same --mountns /nope --supported
	same --mountns '' --supported
	same --mountns /proc/self/status --supported
	same --mountns /proc/self/ns/net --supported
	same --mountns /proc/self/ns
	differs '6: --help to standard output' --help <<-END
		exit 0
		out: Usage: xfs_healer_start [OPTIONS]
		out: 
		out: Options:
	END
	differs '6: --help to standard output' --h --nope <<-END
		exit 0
		out: Usage: xfs_healer_start [OPTIONS]
		out: 
		out: Options:
	END
	differs '6: --version' --version <<-END
		exit 0
		out: xfs_healer_start version 7.2.0
	END
	for call in fanotify_init fanotify_mark listmount; do
		for errno in ENOSYS EINVAL; do
			broken "$call" "$errno" --supported
			broken "$call" "$errno"
		done
	done
	broken statmount ENOSYS --supported
	local HOW='setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all' LABEL=unprivileged
	same --supported
	same
	same --mountns /proc/1/ns/mnt --supported
}
both
