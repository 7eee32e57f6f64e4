# SPDX-License-Identifier: LGPL-2.1-or-later
# Damage was met while no healer ran: of an AG btree, and of a symlink that has left the cache since, so that the kernel
# remembers nothing but that some inode of the AG is sick. A healer that is started finds and heals both without a touch.
fs full
mount_fs
make_symlink s
damage_symlink s
damage_ag 1 bnobt
mount_fs
touch_ag 1 bnobt
touch_symlink s
forget
heal
expect_log "$MNT agno 0x1 bnobt: sick"
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
expect_log_like "^$MNT(/s| ino [0-9]+ gen 0x[0-9a-f]+) symlink: Repairs successful\.$"
expect_repairs bnobt 1
expect_repairs symlink 1
clean
