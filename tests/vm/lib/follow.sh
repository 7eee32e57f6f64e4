# SPDX-License-Identifier: LGPL-2.1-or-later
#
# For the scripts on the host that run scenarios: shows how they end, and judges.

. "$(dirname "${BASH_SOURCE[0]}")/qemu.sh"

LIMIT=3600  # seconds for all

# follow KEEP COMMAND... -- NAME...: the command, with these options before and names behind, boots what runs these scenarios.
# Logs are copied to the directory KEEP, unless that is empty. False unless all hold; the last line counts them.
follow() {
	local keep=$1 command=() names name passed=0 skipped=0 flaky=() began= ended=
	local -A running=()
	shift
	while [[ $1 != -- ]]; do command+=("$1"); shift; done
	shift
	names=("$@")
	work=$(mktemp -d)
	trap 'hang_up; rm -rf "$work"' EXIT
	persist "$work/console" listen "${command[@]}" --console "$work/console" --logs "$work/logs.tar" suite "${names[@]}" || true
	if [[ -z $ended ]]; then
		for name in "${!running[@]}"; do echo "FAIL $name  (the guest died or hung in it)"; done
		echo "The guest did not come to its end. Its console ends with:"
		tail -n 40 "$work/console" 2>/dev/null | sed 's/^/    /'
	fi
	if [[ -n $keep ]]; then
		cp "$work/console" "$keep/" 2>/dev/null || true
		tar -C "$keep" --ignore-zeros -xf "$work/logs.tar" || true
	fi
	((SLOWEST < 150)) || echo "This machine was up to $((SLOWEST / 100)).$((SLOWEST / 10 % 10)) times as slow as limits are meant for; they were longer."
	closing "${#names[@]}" "$passed" "$skipped" "${flaky[@]}"
}

# listen COMMAND...: boots that, says and counts for follow how the scenarios end. False if none began.
listen() {
	local name
	hear "$LIMIT" "$@"
	while next_line; do
		read -r _ name _ <<<"$LINE"
		case $LINE in
		@start*) began=1 running[$name]=1; continue ;;
		@end*) ended=1; continue ;;
		'ok   '*) passed=$((passed + 1)) ;;
		'flaky '*) passed=$((passed + 1)) flaky+=("$name") ;;
		'skip '*) skipped=$((skipped + 1)) ;;
		'fails '* | 'FAIL '*) ;;
		*) name= ;;
		esac
		[[ -z $name ]] || unset "running[$name]"
		echo "$LINE"
	done
	[[ -n $began ]]
}

# closing ALL PASSED SKIPPED FLAKY...: the last lines. False unless all hold.
closing() {
	local all=$1 passed=$2 skipped=$3 failed=$(($1 - $2 - $3))
	shift 3
	(($# == 0)) || echo "flaky, that is, failed and then passed with nothing beside: $*"
	echo "$passed passed, $failed failed$( ((skipped == 0)) || echo ", $skipped skipped")"
	((failed == 0 && all > 0))
}
