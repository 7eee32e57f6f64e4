# SPDX-License-Identifier: LGPL-2.1-or-later
# The property "autofsck" is changed under a running healer: with check it reports and repairs nothing from the next repair
# on, with none it is silent, with repair it goes on with what it knows, within about a minute.
in_background
fs full
mount_fs
for it in s t u; do make_symlink "$it"; done
for it in s t u; do damage_symlink "$it"; done
heal
autofsck check
touch_symlink s
expect_log "$MNT/s symlink: sick"
expect_log "$MNT: Only logging errors per autofsck directive."
expect [ "$(repairs)" = 0 ]
autofsck none
PATIENCE=150 expect_log "$MNT: Disabling daemon per autofsck directive."
touch_symlink t
eventually "$PATIENCE" still 3 news
expect [ "$(how_many ' symlink: sick' "$LOG")" = 1 ]
autofsck repair
PATIENCE=150 expect_log "$MNT: Automatically repairing per autofsck directive."
expect_log "$MNT/s symlink: Repairs successful."
both_are_healed() { (($(how_many ' symlink: Repairs successful' "$LOG") == 2)); }
eventually "$PATIENCE" both_are_healed
touch_symlink u
expect_log "$MNT/u symlink: Repairs successful."
expect_repairs symlink 3
clean
