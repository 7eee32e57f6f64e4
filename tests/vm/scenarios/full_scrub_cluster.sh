# SPDX-License-Identifier: LGPL-2.1-or-later
# While it is watched, inodes of a filesystem as mkfs makes it become unreadable, of which the kernel only says that some of
# their AG are sick, and two directories cannot be repaired. A full scrub would crash Linux 7.2 at the first of these inodes:
# all are looked at before one is started, the first that cannot be loaded are named and the rest is counted, and none is started.
[[ $HEALER != "$C_HEALER" ]] || skip 'xfs_healer 7.2.0 would crash the kernel here'
real_xfs_scrub
fs -m autofsck=repair
two_dirs
mount_fs
mkdir "$MNT/files"
for ((i = 0; i < 200; i++)); do : >"$MNT/files/$i"; done
heal
trash_cluster files/150
touch_dir d
touch_dir e
expect_log_like ' directory: Repair unsuccessful; offline repair required\.$'
expect_err "$MNT: no full scrub is started, because it would crash this kernel"
untried() {
	how_many ' core: offline repair needed: it cannot be loaded, ' "$LOG"
	sed -En 's/.* inode cores: offline repair needed: ([0-9]+) more cannot be loaded, .*/\1/p' "$LOG"
}
all_are_counted() { (($(untried | paste -sd +) == 32)); }
eventually "$PATIENCE" all_are_counted
expect [ "$(how_many -E ' (inodes|core|inode cores): ' "$LOG")" -le 24 ]  # in all minutes that it takes on a slow machine
for dir in d e; do expect_log_like "^$MNT/$dir directory: offline repair needed: "; done
repairs_vary
: >"$MNT/usable"
unmount "$MNT"
expect_end "$END_LIMIT"
