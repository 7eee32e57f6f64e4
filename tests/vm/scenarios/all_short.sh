# SPDX-License-Identifier: LGPL-2.1-or-later
# Forty filesystems, and 32 descriptors for one process to watch them: each that is watched is healed, it is said once of each other
# one that it is not, and when one is unmounted another is watched at once.
fs full
damage_ag 1 bnobt
MANY=40
many 1 "$MANY" "$IMG"
HOW='limited 24 32' heal_all
begun() { how_many ': monitoring started$' "$ALL_LOG"; }
short() { how_many ': too many open files; it is watched as soon as there is room$' "$ALL_ERR"; }
all_told() { (($(begun) + $(short) == MANY)); }
eventually "$PATIENCE" all_told
watched=$(begun)
((watched >= 12)) || fail "$watched are watched"
mapfile -t places < <(sed -n 's/: monitoring started$//p' "$ALL_LOG")
for place in "${places[@]}"; do MNT=$place touch_ag 1 bnobt; done
for place in "${places[@]}"; do all_says "$place agno 0x1 bnobt: Repairs successful."; done

for place in "${places[@]:0:2}"; do
	watched=$(begun)
	unmount "$place"
	one_more() { (($(begun) == watched + 1)); }
	in_time 10 one_more
done
pause 3
expect [ "$(short)" = "$((MANY - ${#places[@]}))" ]
end_all
expect [ "$(wc -l <"$ALL_ERR")" = "$(short)" ]
for dir in /mnt/many/*; do ! mountpoint -q "$dir" || unmount "$dir"; done
