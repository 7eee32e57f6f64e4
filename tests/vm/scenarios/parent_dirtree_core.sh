# SPDX-License-Identifier: LGPL-2.1-or-later
# A wrong parent pointer, a directory in two places, and a flag that a loadable inode must not have, which is safe to
# repair everywhere: only a scrub finds these. A minute later each is healed with one call.
in_background
fs full
structure 'inode core, loadable' inode ' ino [0-9]+ gen 0x[0-9a-f]+ core'
structure 'parent pointer' parent '.* parent'
edit 'path /one/lines.ac' 'write -d core.newrtbm 1'
edit 'path /one/lines.ab' 'write -d a.sfattr.list[0].parent_dir.gen 7'
heal

use tree
fs full
structure 'directory tree' dirtree '/one/sub dirtree'
mount_fs
mkdir "$MNT/one/sub"
number=$(stat -c %i "$MNT/one/sub")
edit 'path /two' "link -i $number also"
heal
exec 7<"$MNT/one/sub"
scrub dirtree one/sub

use fs
exec 8<"$MNT/one/lines.ac" 9<"$MNT/one/lines.ab"  # other scenarios empty the caches, and a sick inode that leaves memory is news
scrub inode one/lines.ac
scrub parent one/lines.ab
expect_log_like ' core: corrupt$'
expect_log_like ' parent: corrupt$'
expect_healed_after_grace ' ino [0-9]+ gen 0x[0-9a-f]+ core'
expect_healed_after_grace '.* parent'
expect_repairs inode 1
expect_repairs parent 1
exec 8<&- 9<&-
clean
use tree
expect_log "$MNT/one/sub dirtree: corrupt"
expect_healed_after_grace /one/sub\ dirtree
expect_repairs dirtree 1
exec 7<&-
clean
