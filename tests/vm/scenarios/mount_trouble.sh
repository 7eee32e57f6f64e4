# SPDX-License-Identifier: LGPL-2.1-or-later
# A read of mount events fails once, and then the listing of all mounts, for want of memory: that is said, once, and no mount is
# missed, neither by --all nor by xfs_healer_start.
in_background
TROUBLE='fanotify: Cannot allocate memory; soon all mounts are listed again'

# fails_once PID: the second read of the first thread of that process, which is idle, and its first listing of mounts. That read is one
# of mount events: --all reads these until there are none, and the starter looks for signals before.
fails_once() {
	pause 2
	strace -o "$HERE/strace.$1" -e trace=read,listmount -e inject=read:error=ENOMEM:when=2 \
		-e inject=listmount:error=ENOMEM:when=1 -p "$1" 2>"$HERE/strace.err" &
	eventually "$PATIENCE" grep -q '^TracerPid:.*[1-9]' "/proc/$1/status"
	pause 2
}
injected() { how_many "$1(.*INJECTED" "$HERE/strace.$2"; }
failed() { [[ "$(injected read "$1") $(injected listmount "$1")" == '1 1' ]]; }

heal_all_of one two
fails_once "$ALL_PID"
use one
mount_fs
all_says '/mnt/one: monitoring started'
eventually "$PATIENCE" failed "$ALL_PID"
all_complains "$TROUBLE"
use two
mount_fs
all_says '/mnt/two: monitoring started'
expect [ "$(how_many memory "$ALL_ERR")" = 1 ]
end_all
for name in one two; do unmount "/mnt/$name"; done

services
starter
fails_once "$STARTER_PID"
use one
mount_fs
expect_services mnt-one
eventually "$PATIENCE" failed "$STARTER_PID"
starter_complains "$TROUBLE"
use two
mount_fs
expect_services mnt-one mnt-two
expect [ "$(how_many memory "$STARTER_ERR")" = 1 ]
end_starter
