# SPDX-License-Identifier: LGPL-2.1-or-later
# What is damaged is in the log before the call that is to repair it, of which the kernel may die.
fs full
damage_ag 1 bnobt
mount_fs
read -r began _ </proc/uptime
"$HEALER" "$MNT" >/dev/kmsg 2>&1 &
PID=$!
# says WORDS: when it said that first, in the kernel's seconds; the repair has more reports made.
says() { dmesg | grep -F "$MNT$1" | sed -n 's/^\[ *\([0-9.]*\)\].*/\1/p' | awk -v began="$began" '$1 > began { print; exit }'; }
has_said() { [[ -n $(says "$1") ]]; }
eventually "$PATIENCE" has_said ': monitoring started'
touch_ag 1 bnobt
eventually "$PATIENCE" has_said ' agno 0x1 bnobt: Repairs successful.'
expect_repairs bnobt 1
said=$(says ' agno 0x1 bnobt: sick')
call=$(trace_of xchk_start bnobt | sed -n 's/.* \([0-9]*\.[0-9]*\): xchk_start: .*(repair.*/\1/p' | head -n 1)
measure 'What is said before a repair' "said at, s=$said" "repair from, s=$call"
expect awk "BEGIN { exit !($said < $call) }"
umount_fs
expect_end "$END_LIMIT"
expect_clean
