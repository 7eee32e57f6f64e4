# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem is mounted below a directory that does not answer, and later somewhere else: there it is healed by the healer for all
# filesystems, gets its own from xfs_healer_start, and is watched by fserrord, though who has asked at the first place still waits. When
# that has its answer nothing is said or started twice.
in_background
services
fs full
mount_fs
make_symlink a
damage_symlink a
serves /mnt/dead
at=/mnt/dead/below
mount_fs "$at"
dies "$SERVER"
mkdir /mnt/alive

heal_all
all_complains "$at: does not answer; it is watched once it does"
mount "$DEV" /mnt/alive
all_says '/mnt/alive: monitoring started'
MNT=/mnt/alive touch_symlink a
all_says '/mnt/alive/a symlink: Repairs successful.'
end_all
umount /mnt/alive

starter
fserrord
starter_complains "$at: does not answer; a healer is started once it does"
fserrord_complains "$at: does not answer; it is watched once it does"
mount "$DEV" /mnt/alive
expect_services mnt-alive
fserrord_says '/mnt/alive: xfs: watched for errors of metadata and of file data'
revives "$SERVER"
pause 3
expect_services mnt-alive
fserrord_never_said "^$at: xfs"
end_fserrord
end_starter
umount /mnt/alive "$at"
expect_repairs symlink 1
