# SPDX-License-Identifier: LGPL-2.1-or-later
#
# One healer for all filesystems.

# heal_all [OPTION...]: starts it; its lines are in ALL_LOG and ALL_ERR. HOW goes before it, as words.
heal_all() {
	[[ $HEALER != "$C_HEALER" ]] || skip 'xfs_healer 7.2.0 has no --all'
	ALL_LOG=$HERE/all.log ALL_ERR=$HERE/all.err
	: >"$ALL_LOG"
	: >"$ALL_ERR"
	${HOW-} "$HEALER" --all "$@" >>"$ALL_LOG" 2>>"$ALL_ERR" &
	ALL_PID=$!
}

# heal_all_of NAME...: makes these filesystems, starts it while none of them is mounted, and waits until it hears of mounts.
heal_all_of() {
	local name
	for name; do
		use "$name"
		fs full
	done
	heal_all
	eventually "$PATIENCE" hears_of_mounts
}
hears_of_mounts() { readlink "/proc/$ALL_PID"/fd/* | grep -Fq '[fanotify]'; }

# limited SOFT HARD COMMAND...: runs it with so many descriptors.
limited() {
	ulimit -Sn "$1" -Hn "$2"
	exec "${@:3}"
}

# many FROM TO IMAGE: copies of it are mounted, each at /mnt/many/NUMBER.
many() {
	local i
	for ((i = $1; i <= $2; i++)); do
		cp --sparse=always "$3" "$HERE/many$i.img"
		mkdir -p "/mnt/many/$i"
		mount -o loop,nouuid "$HERE/many$i.img" "/mnt/many/$i"
	done
}

# all_monitored N: so many filesystems are, soon.
all_monitored() { eventually "$PATIENCE" all_begun "$1"; }
all_begun() { (($(how_many ': monitoring started$' "$ALL_LOG") == $1)); }

# all_says LINE [N]: soon, and at least so often.
all_says() { eventually "$PATIENCE" has_line "$ALL_LOG" "$@"; }

# all_complains LINE [N]: the same, on standard error.
all_complains() { eventually "$PATIENCE" has_line "$ALL_ERR" "$@"; }

# end_all: it is still there, and ends by SIGTERM with exit 0.
end_all() {
	kill -TERM "$ALL_PID"
	eventually "$PATIENCE" all_gone
	wait "$ALL_PID" || fail "the healer ended with $?"
}
all_gone() { ! kill -0 "$ALL_PID"; }
