# SPDX-License-Identifier: LGPL-2.1-or-later
# The same for a single look, which looks through the inodes of their AG because the kernel remembers that some of them are
# sick: a cluster could not be read, which is healed.
in_background
repairs_vary
fs full -m metadir=1
mount_fs
for i in {1..80}; do : >"$MNT/file_$i"; done
bad_links
edit 'path /file_70' 'write -c core.magic 0'
mount_fs
touch_inode file_70
one_shot 5
says_bad_links
expect_log_like ' core: Repairs successful\.$'
: >"$MNT/file_70"
expect_bad_links_whole
