# SPDX-License-Identifier: LGPL-2.1-or-later
# 300 damaged directories of a block, each listed once.
alone
. /vm/scenarios/burst.sh
COUNT=300
touch_all() { ls "$MNT"/d[0-9]* >/dev/null 2>&1 || true; }
fs full
mount_fs
damage=()
for ((i = 1; i <= COUNT; i++)); do
	mkdir "$MNT/d$i"
	touch "$MNT/d$i/"file_with_a_long_name_{1..20}
	damage+=("path /d$i" 'dblock 0' 'blocktrash -s 1 -o 64 -n 1 -x 64 -y 64 -3 -z')
done
edit "${damage[@]}"
burst '300 directories'
