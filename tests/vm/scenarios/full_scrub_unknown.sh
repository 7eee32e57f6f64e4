# SPDX-License-Identifier: LGPL-2.1-or-later
# The device fails under some inodes, so that nobody can tell whether all can be loaded, when two directories cannot be
# repaired. The healer says that a full scrub could crash this kernel, starts none, and checks everything itself: what else is
# damaged, a btree and a symlink that nobody has used, is found and healed.
[[ $HEALER != "$C_HEALER" ]] || skip 'xfs_healer 7.2.0 would crash the kernel here'
real_xfs_scrub
fs full
mount_fs
mkdir "$MNT/files"
for ((i = 0; i < 200; i++)); do : >"$MNT/files/$i"; done
make_symlink s
two_dirs
damage_symlink s
damage_ag 3 cntbt
on_mapper
heal
eventually "$PATIENCE" still 3 news
read -ra cluster < <(cluster_of files/150)
broken "${cluster[@]}"
touch_dir d
touch_dir e
expect_log_like ' directory: Repair unsuccessful; offline repair required\.$'
expect_err "$MNT: no full scrub is started, because it could crash this kernel: not every inode is known to be loadable"
expect_log "$MNT agno 0x3 cntbt: Repairs successful."
expect_log_like "^$MNT(/s| ino [0-9]+ gen 0x[0-9a-f]+) symlink: Repairs successful\.\$"
for dir in d e; do expect_log_like "^$MNT/$dir directory: offline repair needed: "; done
repairs_vary
unmount "$MNT"
expect_end "$END_LIMIT"
