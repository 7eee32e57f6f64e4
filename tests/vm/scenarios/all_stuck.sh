# SPDX-License-Identifier: LGPL-2.1-or-later
# Seventy filesystems are frozen before one healer of all starts: each costs itself the healer and no other. One that is mounted then
# is healed at once; the others answer, each in its turn, as soon as they can.
fs full
damage_ag 1 bnobt
MANY=70
many 1 "$MANY" "$IMG"
hung=/proc/sys/kernel/hung_task_timeout_secs
limit=$(<"$hung")
echo 0 >"$hung"  # the kernel would call it a fault that so many are frozen for so long where the machine is slow
for dir in /mnt/many/*; do fsfreeze --freeze "$dir"; done
heal_all
silent() { (($(how_many ': does not answer, it may be frozen; repairs wait until it does$' "$ALL_ERR") == MANY)); }
eventually "$PATIENCE" silent
mount_fs
all_says "$MNT: monitoring started"
touch_ag 1 bnobt
all_says "$MNT agno 0x1 bnobt: Repairs successful."
for dir in /mnt/many/*; do fsfreeze --unfreeze "$dir"; done
echo "$limit" >"$hung"
answering() { (($(how_many ': answers again$' "$ALL_ERR") == MANY)); }
eventually "$PATIENCE" answering
one_thread() { (($(ls "/proc/$ALL_PID/task" | wc -l) == 1)); }
eventually 60 one_thread
end_all
expect_repairs bnobt 1
expect_clean
for dir in /mnt/many/*; do unmount "$dir"; done
