# SPDX-License-Identifier: LGPL-2.1-or-later
# A frozen filesystem answers no repair call. The healer starts on it without hanging and says so, goes on reading events
# while a repair waits, lets go of the monitor at SIGTERM, and heals after the thaw.
fs full
mount_fs
make_symlink s
make_symlink t
make_dir d 200
for it in s t; do damage_symlink "$it"; done
damage_dir d
mount_fs

fsfreeze --freeze "$MNT"
heal
expect_err "$MNT: does not answer, it may be frozen; repairs wait until it does"
touch_symlink s
expect_log "$MNT/s symlink: sick"
fsfreeze --unfreeze "$MNT"
expect_err "$MNT: answers again"
expect_log "$MNT/s symlink: Repairs successful."

fsfreeze --freeze "$MNT"
touch_symlink t
expect_log "$MNT/t symlink: sick"
touch_dir d
expect_log_like ' directory: sick$'
kill -TERM "$PID"
eventually 10 refuse listening
expect timeout "$(slowly 10)" "$HEALER" --supported --no-autofsck "$MNT"
fsfreeze --unfreeze "$MNT"
expect_end 10

# The repair that was waiting in the kernel may have been made meanwhile, or not.
heal
touch_symlink t
touch_dir d
expect_log "$MNT/d directory: Repairs successful."
all_is_healed() { touch_symlink t; readlink "$MNT/t" && ls "$MNT/d"; }
eventually "$PATIENCE" all_is_healed
expect_repairs symlink "$(repairs symlink)"
expect_repairs directory "$(repairs directory)"
clean
