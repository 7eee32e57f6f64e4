# SPDX-License-Identifier: LGPL-2.1-or-later
# Whatever its outputs are, full, closed or one of them, and where /run cannot be written, the healer heals.
lasts 3000
. /vm/scenarios/limited.sh
full() { exec "$@" >/dev/full 2>&1; }
full_error() { exec "$@" 2>/dev/full; }
closed() { exec "$@" >&- 2>&-; }
closed_output() { exec "$@" >&-; }
closed_all() { exec "$@" <&- >&- 2>&-; }
no_run() {
	mkdir -p /run/xfs_healer
	mount -t tmpfs -o ro none /run/xfs_healer  # in a namespace of its own it would keep the filesystem mounted
	exec "$@"
}
for how in full full_error closed closed_output closed_all no_run; do
	BEGIN=2 TELL=2  # there is nothing to be read of it
	[[ $how != no_run ]] || BEGIN=30 TELL=20
	try "$how" "$how"
	grep -Fq "limit=$how	result=healed" "$HERE/measures" || fail "not healed: $how"
done
no_faults
