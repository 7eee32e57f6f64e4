# SPDX-License-Identifier: LGPL-2.1-or-later
# A repair waits on a frozen filesystem for more than a minute: that is said, once, nothing else is started there, nothing is
# given up, and after the thaw all is healed.
in_background
fs full
mount_fs
for it in s t; do make_symlink "$it"; done
for it in s t; do damage_symlink "$it"; done
heal --debug
fsfreeze --freeze "$MNT"
touch_symlink s
expect_log "$MNT/s symlink: sick"
PATIENCE=120 expect_err "$MNT/s symlink: repair has been running for a minute; others wait for it, the filesystem may be frozen or the device slow"
touch_symlink t
both_are_sick() { (($(how_many ' symlink: sick$' "$LOG") >= 2)); }
eventually "$PATIENCE" both_are_sick
pause 5
expect [ "$(how_many 'symlink: repair starts' "$ERR")" = 1 ]
expect [ "$(how_many 'running for a minute' "$ERR")" = 1 ]
fsfreeze --unfreeze "$MNT"
expect_log "$MNT/s symlink: Repairs successful."
repaired_both() { (($(how_many 'symlink: Repairs successful' "$LOG") == 2)); }
eventually "$PATIENCE" repaired_both
refuse_log 'offline repair'
expect_repairs symlink 2
clean
