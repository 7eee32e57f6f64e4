# SPDX-License-Identifier: LGPL-2.1-or-later
# An inode that cannot be loaded is healed, with its data, also on a filesystem without a metadata directory, as mkfs makes it. The
# scenario "vanished" fails on a kernel whose repair no longer crashes; what is known of that is in src/plan/defects.rs.
[[ $HEALER != "$C_HEALER" ]] || skip 'xfs_healer 7.2.0 would crash the kernel here'
fs full
damage_inode one/lines.ac
heal
touch_inode one/lines.ac
expect_log_like "^$MNT ino [0-9]+ gen 0x0 core: sick\$"
not_yet 'the repair crashes Linux 7.0 to 7.3, so that the healer does not ask for it'
expect_healed_not_left '(/one/lines.ac| ino [0-9]+ gen 0x0) core'
expect_repairs inode 1
clean
