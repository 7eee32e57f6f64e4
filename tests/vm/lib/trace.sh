# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the kernel really did, from its trace events, in a trace buffer of the scenario's own.

TRACING=/sys/kernel/tracing/instances/$NAME

trace_start() {
	local event
	mkdir -p "$TRACING"
	for event in xchk_start xrep_attempt xrep_done; do
		echo 1 >"$(echo "$TRACING"/events/xfs*/"$event"/enable)"
	done
}

# trace_mark: from here on the device is this scenario's; scenarios beside it may have had it before.
trace_mark() { mark >"$TRACING/trace_marker"; }
mark() { echo "$NAME has $DEV"; }

# trace_of EVENT [TYPE]: such events on the filesystem, but not those by the scenario's own tools or a full scrub.
trace_of() {
	awk -v event="$1:" -v type="${2-}" -v dev="$(mountpoint -x "$DEV")" -v mark="$(mark)" '
		index($0, mark) { mine = 1 }
		mine && index($0, " " event) && index($0, "dev " dev " ") && (type == "" || index($0, " type " type " ")) &&
		$1 !~ /^(xfs_scrub|xfs_io)-/' "$TRACING/trace"
}

# repairs [TYPE]: how many repair calls the healer has made; asking whether the kernel can repair is none.
repairs() { trace_of xchk_start "${1-}" | grep -v ' type probe ' | grep -c '(repair' || true; }

# repair_times TYPE: when they were made, in whole seconds after the first.
repair_times() {
	trace_of xchk_start "$1" | awk '/\(repair/ && match($0, / [0-9]+\.[0-9]+: /) { at = substr($0, RSTART, RLENGTH) + 0; if (!n++) first = at; printf "%.0f\n", at - first }'
}

# rebuilds [TYPE]: how many of them made the kernel rebuild something.
rebuilds() { trace_of xrep_attempt "${1-}" | wc -l; }

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
			((made == want)) || fail "$made repair calls for $type, not $want ($place)"
		done <"$HERE/$FS.expected_repairs"
		((others == 0)) || fail "$others repair calls on $FS that no line expects"
	done
}
