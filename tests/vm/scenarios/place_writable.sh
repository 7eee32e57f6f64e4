# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem that is mounted read-only is not repaired, which is said once; remounted read-write it is healed, also when
# it was read-only at the start. Nothing of that is an offline repair or a full scrub.
in_background
fs full
mount_fs
make_symlink s
damage_symlink s
lost s
mount -o nouuid,ro "$DEV" "$MNT"
heal
touch_symlink s
expect_log "$MNT/s symlink: sick"
expect_err "$MNT: read-only; repairs wait until it is mounted read-write"
mount -o remount,rw "$MNT"
PATIENCE=150 expect_log "$MNT/s symlink: Repairs successful."
refuse_log 'offline repair'
expect [ "$(grep -c 'read-only; repairs wait' "$ERR")" = 1 ]
expect_repairs symlink "$(repairs symlink)"
clean
