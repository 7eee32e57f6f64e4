# Filesystems are mounted, damaged, healed and unmounted again and again, three at a time, each under a unit that xfs_healer_start
# starts: nothing is left of them, in the starter neither.
lasts 20000
SIDE_BY_SIDE=3
for ((place = 0; place < SIDE_BY_SIDE; place++)); do
	use "soak$place"
	fs full
	repairs_vary
	damage_ag 1 bnobt
	cp --sparse=always "$IMG" "$HERE/damaged$place.img"
done
starter_pid() { systemctl show --value --property=MainPID xfs_healer_start.service; }
state() {
	local fds marks pid
	pid=$(starter_pid)
	fds=(/proc/"$pid"/fd/*)
	marks=(/run/xfs_healer*/running-*)
	echo "$pid ${#fds[@]} $(awk '/^Threads/ { print $2 }' "/proc/$pid/status") $(awk '/^RssAnon/ { print $2 }' "/proc/$pid/status")" \
		"$([[ -e ${marks[0]} ]] && echo "${#marks[@]}" || echo 0) $(systemctl list-units --failed --no-legend --plain 'xfs_*' | wc -l)"
}
rests() { [[ $(state | cut -d ' ' -f 3) == 1 ]]; }
said() { (($(grep -c "\"MESSAGE\":\"/mnt/soak[0-9]*[: ].*$1\"" "$JOURNAL") >= $2)); }

soak() {
	local cycles=$1 done=0 first='' now='' place
	while ((done < cycles)); do
		for ((place = 0; place < SIDE_BY_SIDE; place++)); do
			use "soak$place"
			# The same device, damaged anew.
			blkdiscard "$DEV"
			dd if="$HERE/damaged$place.img" of="$DEV" bs=1M conv=sparse,notrunc status=none
			mount_fs
		done
		done=$((done + SIDE_BY_SIDE))
		eventually 180 said 'monitoring started' "$done"
		for ((place = 0; place < SIDE_BY_SIDE; place++)); do use "soak$place"; touch_ag 1 bnobt; done
		eventually 180 said 'bnobt: Repairs successful.' "$done"
		for ((place = 0; place < SIDE_BY_SIDE; place++)); do use "soak$place"; unmount "$MNT"; done
		eventually 180 said 'filesystem unmounted' "$done"
		if ((done % 24 == 0)) || ((done >= cycles)); then
			within 60 rests || true
			now=$(state)
			first=${first:-$now}
			measure 'Soak under units' "cycles=$done" "starter descriptors threads KiB marks failed=$now"
		fi
	done
	read -ra before <<<"$first"
	read -ra after <<<"$now"
	expect [ "${after[0]}" = "${before[0]}" ]
	expect [ "${after[1]}" = "${before[1]}" ]
	expect [ "${after[2]}" -le "${before[2]}" ]
	expect [ "${after[3]}" -le "$((before[3] + 64))" ]
	expect [ "${after[4]}" = 0 ]
	expect [ "${after[5]}" = 0 ]
}
