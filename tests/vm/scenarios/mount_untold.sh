# SPDX-License-Identifier: LGPL-2.1-or-later
# The kernel does not tell for once what a new mount is, or where it is, for want of memory: that is said, once, and no filesystem is
# without a healer for it, neither by --all nor by xfs_healer_start.
in_background
TROUBLE='statmount: Cannot allocate memory; soon all mounts are listed again'

# untold N PID: the Nth time that the first thread of that process asks about a mount it gets no answer.
untold() {
	strace -o "$HERE/strace.$2.$1" -e trace=statmount -e "inject=statmount:error=ENOMEM:when=$1" -p "$2" 2>"$HERE/strace.err" &
	TRACER=$!
	eventually "$PATIENCE" grep -q '^TracerPid:.*[1-9]' "/proc/$2/status"
}
# told_again N PID: it got none, and that is over.
told_again() {
	expect grep -q INJECTED "$HERE/strace.$2.$1"
	kill "$TRACER"
	eventually "$PATIENCE" grep -q '^TracerPid:[^1-9]*$' "/proc/$2/status"
}

heal_all_of one two
pause 2
use one
untold 1 "$ALL_PID"
mount_fs
all_says '/mnt/one: monitoring started'
told_again 1 "$ALL_PID"
use two
untold 2 "$ALL_PID"
mount_fs
all_says '/mnt/two: monitoring started'
told_again 2 "$ALL_PID"
all_complains "$TROUBLE" 2
expect [ "$(how_many memory "$ALL_ERR")" = 2 ]
end_all
for name in one two; do unmount "/mnt/$name"; done

services
starter
use one
untold 1 "$STARTER_PID"
mount_fs
expect_services mnt-one
told_again 1 "$STARTER_PID"
use two
untold 2 "$STARTER_PID"
mount_fs
expect_services mnt-one mnt-two
told_again 2 "$STARTER_PID"
starter_complains "$TROUBLE"
expect [ "$(how_many memory "$STARTER_ERR")" = 2 ]
end_starter
