# SPDX-License-Identifier: LGPL-2.1-or-later
# The only thread for work is killed in the kernel, and not by a repair: while it looks for damage, for the path of a file, opens a
# filesystem, starts a full scrub. That is noticed and said, another one takes its place, and what it was to do is answered for. No
# look follows one that was killed, so that what is reported goes on to be healed.
in_background
if [[ $HEALER == "$C_HEALER" ]]; then skip 'xfs_healer 7.2.0 has no --oneshot and no --all'; fi
OURS=$HEALER HEALER=$HERE/healer

# killing CALL: from here on the healer has one thread for work, and each that makes this call is killed.
killing() {
	printf '#!/bin/bash\nexec taskset -c 0 /vm/bin/kill_threads_at %q %q "$@"\n' "$1" "$OURS" >"$HEALER"
	chmod +x "$HEALER"
}

use daemon
fs full
mount_fs
make_symlink s
damage_symlink s
killing geometry
heal
began=$SECONDS

use fs
fs full
mount_fs
one_shot 8
expect_err "$MNT: the thread that looked for damage was killed in the kernel"
unmount "$MNT"

use path
fs full
mount_fs
make_symlink s
damage_symlink s
killing parents
heal
touch_symlink s
expect_err "$MNT: the thread that was to make a repair was killed in the kernel"
expect_log_like ' symlink: Repairs successful\.$'
expect_repairs symlink 1
kill -TERM "$PID"  # what the thread had open stays open until then
expect_end "$END_LIMIT"
unmount "$MNT"

use scrub
fs plain
damage_ag 1 bnobt
killing socketpair
heal
touch_ag 1 bnobt
expect_log "$MNT: starting a full scrub: a repair failed"
expect_err "$MNT: the thread that started a full scrub was killed in the kernel"
eventually "$PATIENCE" still 3 logged
refuse_log 'offline repair needed'
expect_repairs bnobt 1
kill -TERM "$PID"
expect_end "$END_LIMIT"
unmount "$MNT"

for name in one two; do
	use "$name"
	fs full
	mount_fs
done
killing monitor
heal_all
for name in one two; do all_complains "/mnt/$name: not watched: the thread that looked at it was killed in the kernel"; done
end_all

use daemon
looks_killed() { how_many ': the thread that looked for damage was killed in the kernel$' "$ERR"; }
more_than_a_minute() { ((SECONDS - began > 100)); }  # 5 s until it looks, 10 until it is noticed, a minute, and 10 once more
eventually 120 more_than_a_minute
expect [ "$(looks_killed)" = 1 ]
refuse_log 'two threads were killed'
touch_symlink s
expect_log_like ' symlink: Repairs successful\.$'
expect_repairs symlink 1
kill -TERM "$PID"  # what the thread had open stays open until then
expect_end "$END_LIMIT"
unmount "$MNT"
