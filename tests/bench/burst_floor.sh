# SPDX-License-Identifier: LGPL-2.1-or-later
# 300 damaged remote symlinks, met with no healer there, and repaired by calls and nothing else: the kernel's own time, which is the same
# for each healer.
alone
. /vm/scenarios/burst.sh
fs full
damage_symlinks 300
mount_fs
spent touch_symlinks
measure 'touches alone' "ms=$MS" "processor time, ms=$CPU"
read -r ms cpu < <(repair_symlinks "$MNT" "$MNT"/s[0-9]*)
expect [ "$(rebuilds symlink)" = 300 ]
measure 'calls alone' "first to last repair, ms=$ms" "processor time, ms=$cpu"
repairs_vary
touch "$HERE/$FS.damaged"
umount "$MNT"
