# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How long units take to start, in a booted Debian. For the scenarios of tests/bench/unit, which source it.

UNITS=/usr/lib/systemd/system
OURS=$UNITS/xfs_healer@.service THEIRS=$UNITS/xfs_healer@.service.xfsprogs

# variant NAME FILE [SED_COMMAND]: a unit of that name, as in the file but for what the command changes.
variant() {
	sed -e "${3-}" "$2" >"/run/systemd/system/$1@.service"
	variants+=("$1")
}
variants=()

# started NAME: starts it once; adds to the file of that name how many milliseconds passed from the start of the job until the
# program ran that stays, and until that monitored.
started() {
	local unit=$1@mnt-$FS.service id begun ran monitors properties=InactiveExitTimestampMonotonic,ExecMainStartTimestampMonotonic
	systemctl start "$unit"
	pause 1  # to ask for something sooner would hold it up
	{ read -r ran; read -r begun; read -r id; } < <(systemctl show --property="$properties,InvocationID" "$unit" | sort | cut -d = -f 2)
	monitors=$(journalctl --quiet --output=json --output-fields=MESSAGE "_SYSTEMD_INVOCATION_ID=$id" |
		sed -n '/monitoring started"/s/.*"__MONOTONIC_TIMESTAMP":"\([0-9]*\)".*/\1/p')
	[[ -n $monitors ]] || fail "$unit did not say that it monitors"
	echo $(((ran - begun) / 1000)) $(((monitors - begun) / 1000)) >>"$HERE/$1.starts"
	systemctl stop "$unit"
}

# starts ROUNDS: each variant is started so often, one after the other; a row for each.
starts() {
	local round name
	systemctl daemon-reload
	systemctl stop xfs_healer_start.service
	mount_fs
	eventually "$PATIENCE" is_property ActiveState inactive
	started "${variants[0]}"  # reads programs and libraries
	rm "$HERE/${variants[0]}.starts"
	for ((round = 0; round < $1; round++)); do
		for name in "${variants[@]}"; do started "$name"; done
	done
	for name in "${variants[@]}"; do
		measure 'Starts of a unit, ms until it monitors' "unit=$name" "median=$(median 2 "$name")" \
			"first program=$(median 1 "$name")" "all=$(cut -d ' ' -f 2 "$HERE/$name.starts" | xargs)"
	done
	unmount "$MNT"
	systemctl start xfs_healer_start.service
}
median() { cut -d ' ' -f "$1" "$HERE/$2.starts" | sort -n | awk '{ all[NR] = $1 } END { print all[int((NR + 1) / 2)] }'; }
