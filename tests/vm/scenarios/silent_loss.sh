# SPDX-License-Identifier: LGPL-2.1-or-later
# The healer is held up until the kernel's queue is full, only then is damage met, and after that nothing happens any more:
# the kernel does not say that events were lost. The healer notices, looks for what they were about, and heals it.
in_background
fs full
on_mapper
mount_fs
make_dir d 200
seq 60000 >"$MNT/f"
lost f
damage_dir d
mount_fs
heal
broken "$(sector_of "$MNT/f" 131072)" 128
kill -STOP "$PID"
overflow 131072
exec 8<"$MNT/d"  # another scenario may empty the caches
touch_dir d
unbroken
kill -CONT "$PID"
expect_log "$MNT: events were lost; what the filesystem remembers will be looked at"
PATIENCE=150 expect_log_like ' directory: Repairs successful\.$'
expect_repairs directory 1
# More may have been lost than a look can find; that one comes when it has been quiet for a while.
PATIENCE=150 expect_log "$MNT: starting a full scrub: health events were lost"
expect_full_scrubs 1
exec 8<&-
clean
