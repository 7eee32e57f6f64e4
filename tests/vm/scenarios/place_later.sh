# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem is mounted below a directory that does not answer, and later somewhere else, or what covers it there goes: there it is
# healed by the healer for all filesystems, gets its own from xfs_healer_start, and is watched by fserrord. When the first place has
# its answer nothing is said or started twice.
in_background
services
fs full
mount_fs
for name in a b c d; do make_symlink "$name"; done
for name in a b c d; do damage_symlink "$name"; done
serves /mnt/dead
at=/mnt/dead/below
mount_fs "$at"
mkdir /mnt/alive
watched_late() { fserrord_says '/mnt/alive: xfs: watched for errors of metadata and of file data' "$1"; }
# waits_for_both: the starter and fserrord have nobody who answers.
waits_for_both() {
	starter_complains "$at: does not answer; a healer is started once it does"
	fserrord_complains "$at: does not answer; it is watched once it does"
}
dies "$SERVER"

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
waits_for_both
mount "$DEV" /mnt/alive
expect_services mnt-alive
watched_late 1
revives "$SERVER"
pause 3
expect_services mnt-alive
fserrord_never_said "^$at: xfs"
end_fserrord
end_starter

# Both mounts are there, and one is covered.
mount -t tmpfs cover /mnt/alive
dies "$SERVER"
: >"$SERVICES"
: >"$HERE/units"
heal_all
starter
fserrord
all_complains "$at: does not answer; it is watched once it does"
waits_for_both
end_all
umount /mnt/alive
expect_services mnt-alive
watched_late 1
MNT=/mnt/alive touch_symlink b
fserrord_says '/mnt/alive/b: filesystem error: Structure needs cleaning'
revives "$SERVER"
end_starter
end_fserrord
umount /mnt/alive

# What is watched already stops answering: who repairs waits, until it is elsewhere.
exec 7<"$at"
heal_all
all_says "$at: monitoring started"
dies "$SERVER"
for name in a b c; do readlink "/proc/self/fd/7/$name" >/dev/null || true; done
pause 5
mount "$DEV" /mnt/alive
all_says '/mnt/alive/b symlink: Repairs successful.'
all_says '/mnt/alive/c symlink: Repairs successful.'
MNT=/mnt/alive touch_symlink d
all_says '/mnt/alive/d symlink: Repairs successful.'
no_walker() { ! pgrep -x xfs_healer_walk >/dev/null; }
eventually "$PATIENCE" no_walker
exec 7<&-
end_all
revives "$SERVER"
umount /mnt/alive "$at"
expect_repairs symlink 4
