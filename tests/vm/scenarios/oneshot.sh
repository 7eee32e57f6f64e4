# SPDX-License-Identifier: LGPL-2.1-or-later
# A single look finds damage that nobody has touched, in AGs and quota, heals it and ends with the exit code of fsck. On a
# read-only mount and with autofsck=check it only reports; it also works beside a healer that runs. With --supported it tells
# whether it would repair, if the mount were read-write.
fs full
options uquota
mount_fs
chown 4000 "$MNT"/one/*
one_shot 0
expect_log "$MNT: no damage found"
trash 120 'dquot -u 4000'
damage_ag 1 bnobt
damage_ag 2 inobt
damage_ag 3 refcountbt
mount -o "nouuid$OPTIONS,ro" "$DEV" "$MNT"
one_shot 4
expect_log "$MNT agno 0x1 bnobt: sick"
refuse_log 'Repair'
one_shot 0 --supported
one_shot 1 --supported --no-autofsck
refuse_log 'sick'
unmount "$MNT"
mount -o "nouuid$OPTIONS,ro,norecovery" "$DEV" "$MNT"
one_shot 1 --supported
unmount "$MNT"

mount_fs
one_shot 0 --supported
setfattr -n trusted.xfs:autofsck -v check "$MNT"
one_shot 1 --supported
one_shot 4
setfattr -n trusted.xfs:autofsck -v repair "$MNT"
one_shot 4 --no-autofsck
one_shot 4 --dry-run
expect_log "$MNT agno 0x2: would repair: inobt"
expect [ "$(repairs)" = 0 ]
one_shot 1
expect_repairs fscounters 1  # the rebuild of the inobt makes the kernel doubt its counters
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
expect_log "$MNT agno 0x2 inobt: Repairs successful."
expect_log "$MNT agno 0x3 refcountbt: Repairs successful."
expect_log "$MNT usrquota: Repairs successful."
one_shot 0
for type in bnobt inobt refcountbt usrquota; do expect_repairs "$type" 1; done
umount_fs
expect_clean

use beside
fs full
damage_ag 1 cntbt
heal
one_shot_log=$HERE/one_shot.log
code=0
"$HEALER" --oneshot "$MNT" >"$one_shot_log" 2>&1 || code=$?
expect [ "$code" -le 1 ]  # the one or the other is faster
eventually "$PATIENCE" grep -Eqh 'cntbt: Repairs successful' "$LOG" "$one_shot_log"
expect [ "$(repairs cntbt)" -le 2 ]
expect_repairs cntbt "$(repairs cntbt)"
clean

use plain
fs plain
damage_ag 1 bnobt
mount_fs
one_shot 4
expect_log "$MNT agno 0x1 bnobt: Repair unsuccessful; offline repair required."
expect_log "$MNT: 0 repaired, 1 still damaged"
expect_repairs bnobt "$(repairs bnobt)"
expect [ "$(repairs bnobt)" -le 3 ]

use none
MNT=/nonexist
one_shot 8
expect_err '/nonexist: No such file or directory'
MNT=/tmp
one_shot 8
one_shot 16 --nope
