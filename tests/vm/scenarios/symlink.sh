# SPDX-License-Identifier: LGPL-2.1-or-later
# The block of a symlink's target is trashed; reading it is enough to get a sound symlink. Linux 7.2 does not save its
# text (fs/xfs/scrub/symlink_repair.c: only where the check found no corruption) and says so in the new target.
fs full
structure 'remote symlink' symlink '/s symlink'
mount_fs
make_symlink s
damage_symlink s
heal
touch_symlink s
expect_log "$MNT/s symlink: sick"
expect_log "$MNT/s symlink: Repairs successful."
expect [ -n "$(readlink "$MNT/s" | grep 'could not be recovered')" ]
[[ $HEALER == "$C_HEALER" ]] || expect_log "$MNT/s: the target of the symbolic link is lost: the repair found nothing of it"
expect_repairs symlink 1 2
clean
