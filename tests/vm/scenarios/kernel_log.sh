# SPDX-License-Identifier: LGPL-2.1-or-later
# The kernel log as standard output gets all lines, also when there are many at once: each write is a record there, which takes a
# kilobyte.
use "$(printf 'long_%.0s' {1..47})"
fs full
for ag in 1 2 3; do damage_ag "$ag" bnobt; done
damage_ag 0 refcountbt
echo on >/proc/sys/kernel/printk_devkmsg  # else it takes ten lines in five seconds
heal_into /dev/kmsg
kill -STOP "$PID"
for ag in 1 2 3; do touch_ag "$ag" bnobt; done
touch_ag 0 refcountbt
kill -CONT "$PID"
in_kernel_log() { grep -Fq -- " $1" <(dmesg); }
for structure in '0x1 bnobt' '0x2 bnobt' '0x3 bnobt' '0x0 refcountbt'; do
	eventually "$PATIENCE" in_kernel_log "$MNT agno $structure: sick"
	eventually "$PATIENCE" in_kernel_log "$MNT agno $structure: Repairs successful."
done
expect_repairs bnobt 3
expect_repairs refcountbt 1
umount_fs
eventually "$PATIENCE" gone
refuse in_kernel_log 'log lines lost'
expect_clean
echo ratelimit >/proc/sys/kernel/printk_devkmsg
