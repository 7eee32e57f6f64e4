# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem that is mounted read-only, at the start or later, is not repaired, which is said once each time; remounted
# read-write it is healed: within a minute by itself, and when a program comes upon the damage again without that wait.
# Nothing of that is an offline repair or a full scrub.
in_background
fs full
mount_fs
for it in s t; do make_symlink "$it"; done
for it in s t; do damage_symlink "$it"; done
mount -o nouuid,ro "$DEV" "$MNT"
heal
touch_symlink s
expect_log "$MNT/s symlink: sick"
expect_err "$MNT: read-only; repairs wait until it is mounted read-write"
mount -o remount,rw "$MNT"
PATIENCE=150 expect_log "$MNT/s symlink: Repairs successful."
expect [ "$(how_many 'read-only; repairs wait' "$ERR")" = 1 ]
mount -o remount,ro "$MNT"
touch_symlink t
said_twice() { (($(how_many 'read-only; repairs wait' "$ERR") == 2)); }
eventually "$PATIENCE" said_twice

# Each new report asks whether that is still so. By itself it is asked once a minute: that often would take at least these four
# minutes, however fast or slow the machine is.
tries_again() { (($(repairs symlink) > asked)); }
began=$SECONDS
for i in 1 2 3 4 5; do
	pause 2  # it is asked no more than once a second
	asked=$(repairs symlink)
	touch_symlink t
	eventually "$PATIENCE" tries_again
done
expect [ "$((SECONDS - began))" -lt 240 ]
mount -o remount,rw "$MNT"
touch_symlink t
in_time 25 grep -Fxq "$MNT/t symlink: Repairs successful." "$LOG"
refuse_log 'offline repair'
expect_repairs symlink "$(repairs symlink)"
clean
