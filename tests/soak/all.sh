# Filesystems are mounted, damaged, healed and unmounted again and again, six at a time, under one healer: nothing is left of them.
lasts 20000
SIDE_BY_SIDE=6 PLACES=9
fs full
damage_ag 1 bnobt
cp --sparse=always "$IMG" "$HERE/damaged.img"
fallocate -d "$HERE/damaged.img"
mkdir -p /run/xfs_healer
mount -t tmpfs tmpfs /run/xfs_healer  # of this scenario's own

# state: descriptors, threads, kilobytes of anonymous memory, marks, zombies.
state() {
	local fds marks
	fds=(/proc/"$ALL_PID"/fd/*) marks=(/run/xfs_healer/*)
	echo "${#fds[@]} $(awk '/^Threads/ { print $2 }' "/proc/$ALL_PID/status") $(awk '/^RssAnon/ { print $2 }' "/proc/$ALL_PID/status")" \
		"$([[ -e ${marks[0]} ]] && echo "${#marks[@]}" || echo 0) $(pgrep -cP "$ALL_PID" || true)"
}
# rests: no thread is left that waits for work.
rests() { [[ $(state | cut -d ' ' -f 2) == 1 ]]; }

# mounts FROM TO, unmounts FROM TO: these cycles, each at one of a few places, all of them new ones of the kernel's.
mounts() {
	local n
	for ((n = $1; n <= $2; n++)); do
		cp --sparse=always "$HERE/damaged.img" "$HERE/soak$((n % PLACES)).img"
		mkdir -p "/mnt/soak/$((n % PLACES))"
		mount -o loop,nouuid "$HERE/soak$((n % PLACES)).img" "/mnt/soak/$((n % PLACES))"
	done
}
unmounts() { local n; for ((n = $1; n <= $2; n++)); do unmount "/mnt/soak/$((n % PLACES))"; done; }
touches() { local n; for ((n = $1; n <= $2; n++)); do MNT=/mnt/soak/$((n % PLACES)) touch_ag 1 bnobt; done; }
said() { (($(how_many -- "$1" "$ALL_LOG") == $2)); }

soak() {
	local cycles=$1 from to first='' now
	heal_all
	for ((from = 1; from <= cycles; from = to + 1)); do
		to=$((from + SIDE_BY_SIDE - 1 < cycles ? from + SIDE_BY_SIDE - 1 : cycles))
		mounts "$from" "$to"
		all_monitored "$to"
		touches "$from" "$to"
		eventually "$PATIENCE" said 'bnobt: Repairs successful\.$' "$to"
		unmounts "$from" "$to"
		eventually "$PATIENCE" said ': filesystem unmounted$' "$to"
		if ((to >= 48)) && { [[ -z $first ]] || ((to == cycles || to / 100 != (from - 1) / 100)); }; then
			within 20 rests || true
			now=$(state)
			first=${first:-$now}
			measure 'Soak under --all' "cycles=$to" "descriptors threads KiB marks children=$now"
			sync -f "$HERE"
		fi
	done
	read -ra before <<<"$first"
	read -ra after <<<"$now"
	expect [ "${after[0]}" = "${before[0]}" ]
	expect [ "${after[1]}" = 1 ]
	expect [ "${after[2]}" -le "$((before[2] + 64))" ]
	expect [ "${after[3]}" = 0 ]
	expect [ "${after[4]}" = 0 ]
	refuse grep -q 'not watched\|lost\|does not answer' "$ALL_LOG" "$ALL_ERR"
	end_all
	repairs_vary
}
