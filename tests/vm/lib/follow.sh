# SPDX-License-Identifier: LGPL-2.1-or-later
#
# For the scripts on the host that run scenarios: shows how they end, and judges.

. "$(dirname "${BASH_SOURCE[0]}")/qemu.sh"

LIMIT=3600  # seconds for all

# follow KEEP COMMAND... -- NAME...: the command, with these options before and names behind, boots what runs these scenarios.
# Logs are copied to the directory KEEP, unless that is empty. False unless all hold; the last line counts them.
# A guest that dies takes along what runs in it: that runs once more in the next one, alone, before it counts, like what has failed.
follow() {
	local keep=$1 command=() names name next began='' ended='' last='' boot left=$LIMIT
	local -A state=()  # of each scenario: runs, fails (and is to run again), again (it runs), or how it has ended
	local -A dead=()  # those with which a guest has died
	shift
	while [[ $1 != -- ]]; do command+=("$1"); shift; done
	shift
	names=("$@")
	work=$(mktemp -d)
	trap 'hang_up; rm -rf "$work"' EXIT
	for boot in 1 2 3; do
		began='' ended=''
		mapfile -t next < <(to_do)
		((${#next[@]} > 0 && left > 0)) || break
		persist "$work/console" listen "${command[@]}" --console "$work/console" --logs "$work/logs.tar" suite "${next[@]}" || true
		[[ -z $keep ]] || keep_logs "$boot"
		[[ -n $began && -z $ended ]] || break
		post_mortem
	done
	((SLOWEST < 150)) || echo "This machine was up to $((SLOWEST / 100)).$((SLOWEST / 10 % 10)) times as slow as limits are meant for; they were longer."
	judge
}

# listen COMMAND...: boots that, says and notes for follow how the scenarios end. False if none began.
listen() {
	local name
	hear "$left" "$@"
	while next_line; do
		read -r _ name _ <<<"$LINE"
		case $LINE in
		@start*)
			began=1
			[[ ${state[$name]-} == fails ]] && state[$name]=again || state[$name]=runs
			continue
			;;
		@end*) ended=1; continue ;;
		'ok   '* | 'flaky '* | 'skip '* | 'FAIL '* | 'fails '* | 'not_yet '*) state[$name]=${LINE%% *} last=$name ;;
		esac
		echo "$LINE"
	done
	left=$((HEARD_LEFT / 1000000))
	[[ -n $began ]]
}

# to_do: the scenarios that have not run, and behind a stroke those that are to run again.
to_do() {
	local name once=()
	for name in "${names[@]}"; do
		case ${state[$name]-} in
		'') echo "$name" ;;
		fails) once+=("$name") ;;
		esac
	done
	((${#once[@]} == 0)) || printf '%s\n' / "${once[@]}"
}

# post_mortem: what a guest took along that did not come to its end, and what of. That which has ended last may have killed it.
post_mortem() {
	local name
	for name in "${names[@]}"; do
		[[ ${state[$name]-} == runs || ${state[$name]-} == again || $name == "$last" ]] || continue
		if [[ ${state[$name]} == again || -n ${dead[$name]-} ]]; then
			state[$name]=FAIL
			echo "FAIL $name  (the guest died or hung in it, or right after it, again)"
		else
			state[$name]=fails dead[$name]=1
			echo "dies $name  (the guest died or hung in it, or right after it)"
		fi
	done
	echo "The guest did not come to its end: $(last_words "$work/console"). Its console ends with:"
	tail -n 200 "$work/console" | awk '/Kernel panic|Oops|BUG:|INFO: (rcu|task)/ { bad = 1 } { line[NR] = $0; if (bad && !from) from = NR }
		END { for (n = from && from < NR - 40 ? from : NR - 39; n <= NR; n++) if (n > 0) print "    " line[n] }'
}

# keep_logs BOOT: copies what that left to the directory.
keep_logs() {
	cp "$work/console" "$keep/console$( (($1 == 1)) || echo ".$1")" 2>/dev/null || true
	[[ ! -s $work/logs.tar ]] || tar -C "$keep" --ignore-zeros -xf "$work/logs.tar" || true
}

# judge: the last lines about these scenarios. False unless all hold.
judge() {
	local name passed=0 skipped=0 not_yet=0 flaky=()
	for name in "${names[@]}"; do
		case ${state[$name]-} in
		ok) passed=$((passed + 1)) ;;
		flaky) passed=$((passed + 1)) flaky+=("$name") ;;
		skip) skipped=$((skipped + 1)) ;;
		not_yet) not_yet=$((not_yet + 1)) ;;
		esac
	done
	closing "${#names[@]}" "$passed" "$skipped" "$not_yet" "${flaky[@]}"
}

# closing ALL PASSED SKIPPED NOT_YET FLAKY...: the last lines. False unless all hold that are to hold already.
closing() {
	local all=$1 passed=$2 skipped=$3 not_yet=$4 failed=$(($1 - $2 - $3 - $4))
	shift 4
	(($# == 0)) || echo "flaky, that is, failed and then passed with nothing beside: $*"
	echo "$passed passed, $failed failed$( ((skipped == 0)) || echo ", $skipped skipped")$( ((not_yet == 0)) || echo ", $not_yet not yet")"
	((failed == 0 && all > 0))
}
