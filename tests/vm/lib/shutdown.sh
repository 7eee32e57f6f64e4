# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Filesystems that shut down.

# new NAME: damaged, and on a device that can fail.
new() {
	use "$1"
	fs full
	damage_ag 2 bnobt
	on_mapper
}

# falls REASON COMMAND...: damage is met and the command shuts the filesystem down, before the healer has read either.
# Without a REASON the kernel tells none.
falls() {
	local reason=$1
	shift
	heal
	kill -STOP "$PID"
	touch_ag 2 bnobt
	"$@" >/dev/null 2>&1 || true
	eventually "$PATIENCE" down
	kill -CONT "$PID"
	[[ -z $reason ]] || expect_log "$MNT: filesystem shut down due to $reason"
	touch_ag 2 bnobt
	eventually "$PATIENCE" still 2 news
	[[ ! -s $HERE/$FS.mapper ]] || unbroken
	unmount "$MNT"
	expect_end "$END_LIMIT"
	expect_log "$MNT: filesystem unmounted"
	expect_log "$MNT agno 0x2 bnobt: sick"
	refuse_log 'repair required|repair needed|recommended|scrub|Repair'
}

down() { ! stat "$MNT"; }
