# SPDX-License-Identifier: LGPL-2.1-or-later
# The same for a single look, which looks through the inodes of their AG because the kernel remembers that some of them are
# sick: a cluster could not be read. The files are in another cluster, and their directory in a good one: it is not checked, since
# that would load them. Neither is the damaged inode repaired: the kernel might look for its type in all directories.
in_background
repairs_vary
fs full -m metadir=1
mount_fs
for i in {1..160}; do : >"$MNT/file_$i"; done
bad_links
edit 'path /file_70' 'write -c core.magic 0'
mount_fs
touch_inode file_70
one_shot 12
says_bad_links
expect_log_like ' core: offline repair needed: a repair [a-z]+ load an inode that shuts the filesystem down'
expect_bad_links_whole
