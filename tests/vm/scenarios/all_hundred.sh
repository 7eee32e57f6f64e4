# SPDX-License-Identifier: LGPL-2.1-or-later
# A hundred filesystems and one process: the ten that are damaged are healed, idle it is one thread, and each mount costs less than
# 32 KiB of memory. Beside it a hundred C programs, one for each.
alone
MANY=100 DAMAGED=10
fs full
cp --sparse=always "$IMG" "$HERE/sound.img"
damage_ag 1 bnobt
mount_many() {  # FROM TO: the first are damaged
	local last=$((DAMAGED < $2 ? DAMAGED : $2)) first=$((DAMAGED < $1 ? $1 : DAMAGED + 1))
	many "$1" "$last" "$IMG"
	many "$first" "$2" "$HERE/sound.img"
}

# memory PID...: what they have for themselves, in KiB.
memory() { awk '/^(Private_Clean|Private_Dirty):/ { kib += $2 } END { print kib }' "${@/%//smaps_rollup}"; }
one_thread() { (($(ls "/proc/$ALL_PID/task" | wc -l) == 1)); }
c_watch() { (($(how_many ': monitoring started$' "$HERE/c.log") == MANY)); }
healed() { (($(how_many ' agno 0x1 bnobt: Repairs successful\.$' "$ALL_LOG") == DAMAGED)); }

heal_all
mount_many "$MANY" "$MANY"
all_monitored 1
eventually 60 one_thread
before=$(memory "/proc/$ALL_PID")
mount_many 1 $((MANY - 1))
all_monitored "$MANY"
eventually 60 one_thread
after=$(memory "/proc/$ALL_PID")
for ((i = 1; i <= DAMAGED; i++)); do MNT=/mnt/many/$i touch_ag 1 bnobt; done
eventually "$PATIENCE" healed
eventually 60 one_thread
each=$(((after - before) * 10 / (MANY - 1)))
measure 'One process for 100 filesystems' 'healer=xfs_healer --all' "private KiB=$after" "for each more=${each%?}.${each: -1}" 'threads=1'
end_all

processes=()
for ((i = 1; i <= MANY; i++)); do
	"$C_HEALER" "/mnt/many/$i" >>"$HERE/c.log" 2>&1 &
	processes+=("/proc/$!")
done
eventually "$PATIENCE" c_watch
sum=$(memory "${processes[@]}")
threads=$(ls -d "${processes[@]/%//task/}"/* | wc -l)
measure 'One process for 100 filesystems' 'healer=100 times 7.2.0' "private KiB=$sum" "for each more=$((sum / MANY))" "threads=$threads"
kill -KILL "${processes[@]#/proc/}"
((each < 320)) || fail "a mount costs $((each / 10)) KiB"
for dir in /mnt/many/*; do unmount "$dir"; done
for ((i = 1; i <= DAMAGED; i++)); do
	xfs_repair -n "$HERE/many$i.img" >"$HERE/xfs_repair" 2>&1 || fail "xfs_repair -n finds damage: $(tail -n 3 "$HERE/xfs_repair")"
done
