# SPDX-License-Identifier: LGPL-2.1-or-later
# Where the healer starts on a filesystem that is mounted read-only, and read-write only in a part, as the root of an image-based
# system is, it takes it for one that can be repaired, and heals it through that part; also with --repair, and with --all. No part
# is mounted read-write: then it says, as ever, that it cannot, and with --repair does not run.
in_background
read_only='XFS online repair is not supported, will report only'
refused='XFS online repair is not supported, exiting'
says() { "$HEALER" "$@" "$MNT" >"$LOG" 2>"$ERR"; }
fs full
for n in 1 2 3; do damage_ag "$n" bnobt; done
mount_fs
mkdir /mnt/part
mount --bind "$MNT/one" /mnt/part
mount -o remount,bind,ro "$MNT"
expect says --supported
refuse_log 'not supported'
expect says --supported --repair
refuse_log 'not supported'
heal --repair
touch_ag 1 bnobt
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
refuse_log 'not supported|read-only'
dismiss
heal
touch_ag 2 bnobt
expect_log "$MNT agno 0x2 bnobt: Repairs successful."
refuse_log 'not supported|read-only'
expect_log "$MNT: Automatically repairing per autofsck directive."
dismiss
heal_all
all_says "$MNT: monitoring started"
touch_ag 3 bnobt
all_says "$MNT agno 0x3 bnobt: Repairs successful."
refuse grep -E 'not supported|read-only' "$ALL_LOG" "$ALL_ERR"
end_all
expect_repairs bnobt 3

mount -o remount,bind,ro /mnt/part
expect says --supported
expect_log "$MNT: $read_only"
refuse says --supported --repair
expect_err "$MNT: $refused"
refuse says --repair
expect_err "$MNT: $refused"
unmount /mnt/part
expect_clean
