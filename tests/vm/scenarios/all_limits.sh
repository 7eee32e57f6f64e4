# SPDX-License-Identifier: LGPL-2.1-or-later
# Forty filesystems are watched by one process that may have 64 descriptors, and was given 24 of them: each is healed.
fs full
damage_ag 1 bnobt
MANY=40
many 1 "$MANY" "$IMG"
HOW='limited 24 64' heal_all
all_monitored "$MANY"
for ((i = 1; i <= MANY; i++)); do
	MNT=/mnt/many/$i touch_ag 1 bnobt
	all_says "/mnt/many/$i agno 0x1 bnobt: Repairs successful."
done
end_all
for dir in /mnt/many/*; do unmount "$dir"; done
