# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the kernel really did, from its trace events, in a trace buffer of the scenario's own.

TRACING=/sys/kernel/tracing/instances/$NAME

# Without what the scenario's own tools and full scrubs do: of that there is so much that to read it is work.
trace_start() {
	local event dir
	mkdir -p "$TRACING"
	for event in xchk_start xrep_attempt xrep_done; do
		for dir in "$TRACING"/events/xfs*/"$event"; do
			echo 'comm != "xfs_scrub" && comm != "xfs_io"' >"$dir/filter"
			echo 1 >"$dir/enable"
		done
	done
}

# trace_scrubs: what full scrubs check is in it, too, from here on.
trace_scrubs() {
	local file
	for file in "$TRACING"/events/xfs*/xchk_start/filter; do echo 0 >"$file"; done
}

# trace_mark: from here on the device is this scenario's; scenarios beside it may have had it before.
trace_mark() { echo "$NAME has $DEV now" >"$TRACING/trace_marker"; }

# trace_of EVENT [TYPE [AWK]]: such events on the filesystem, but not those of tools and full scrubs; printed, or what the program in awk has for each of them.
trace_of() {
	local number=/sys/block/${DEV#/dev/}/dev action=${3-'{ print }'}
	[[ -e $number ]] && read -r number <"$number" || number=$(mountpoint -x "$DEV")
	awk -v event="$1:" -v type="${2-}" -v dev="$number" -v mark="$NAME has $DEV now" '
		index($0, mark) { mine = 1 }
		!(mine && index($0, " " event) && index($0, "dev " dev " ") && (type == "" || index($0, " type " type " ")) &&
		$1 !~ /^(xfs_scrub|xfs_io)-/) { next }
		'"$action" "$TRACING/trace"
}

# repairs [TYPE]: how many repair calls the healer has made; asking whether the kernel can repair is none.
repairs() { trace_of xchk_start "${1-}" '!/ type probe / && /\(repair/ { n++ } END { print n + 0 }'; }

# repair_times TYPE: when they were made, in whole seconds after the first.
repair_times() {
	trace_of xchk_start "$1" '/\(repair/ && match($0, / [0-9]+\.[0-9]+: /) { at = substr($0, RSTART, RLENGTH) + 0; if (!n++) first = at; printf "%.0f\n", at - first }'
}

# rebuilds [TYPE]: how many of them made the kernel rebuild something.
rebuilds() { trace_of xrep_attempt "${1-}" '{ n++ } END { print n + 0 }'; }

# expect_repairs TYPE N [N72]: when the scenario ends, so many repair calls were made; N72 is what xfs_healer 7.2.0 needs.
# Types that are not named, and filesystems, must have had none.
expect_repairs() {
	eventually "$PATIENCE" repaired "$1" "$2"
	echo "$1 $2 ${3:-$2} $(where)" >>"$HERE/$FS.expected_repairs"
}
repaired() { (($(repairs "$1") >= $2)); }

# repairs_vary: how many calls are made on this filesystem is for the scenario itself to judge.
repairs_vary() { touch "$HERE/$FS.repairs_vary"; }

# judge_repairs: counts what was made on each filesystem beside what expect_repairs said.
judge_repairs() {
	local type ours theirs want place made others file
	for file in "$HERE"/*.dev; do
		[[ -e $file ]] || continue
		use "$(basename "$file" .dev)"
		[[ ! -e $HERE/$FS.repairs_vary ]] || continue
		touch "$HERE/$FS.expected_repairs"
		others=$(repairs)
		while read -r type ours theirs place; do
			made=$(repairs "$type")
			others=$((others - made))
			measure 'Repair calls' "scenario=$NAME" "structure=$type" "calls=$made" "rebuilds=$(rebuilds "$type")" "calls by 7.2.0=$theirs"
			[[ $HEALER == "$C_HEALER" ]] && want=$theirs || want=$ours
			((made == want)) || fail "$made repair calls for $type on $FS, not $want ($place)"
		done <"$HERE/$FS.expected_repairs"
		((others == 0)) || fail "$others repair calls on $FS that no line expects"
	done
}
