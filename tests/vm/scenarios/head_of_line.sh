# SPDX-License-Identifier: LGPL-2.1-or-later
# Two directories that cannot be repaired are listed all the time. A damaged symlink that is read meanwhile is healed within
# 2 s: it does not queue up behind what fails. (Where the emulated processors are busy 2 s can become many more.)
alone
LIMIT=5
is_whole() { readlink "$MNT/s"; }
stand_in_line() {
	local patience=60
	! under_test || patience=$LIMIT
	fs full
	mount_fs
	make_symlink s
	damage_symlink s
	mount_fs
	two_dirs
	heal
	for dir in d e; do over_and_over touch_dir "$dir"; done
	expect_log_like ' directory: Repair unsuccessful; offline repair required\.$'
	pause 10
	stopwatch
	within "$patience" is_whole && healed=$(elapsed) || healed="more than $(elapsed)"
	at_rest
	dismiss
	measure 'Head of line' "program=$(program)" "healed after, ms=$healed" "calls for the rest=$(repairs directory)" "lines logged=$(logged)"
	! under_test || ours=$healed
}
rivals stand_in_line
expect_full_scrubs "$(full_scrubs)"
expect [ "$(full_scrubs ours)" = 1 ]
[[ $ours != more* ]] || fail "healed after $ours ms"
