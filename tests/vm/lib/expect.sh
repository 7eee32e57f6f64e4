# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Failing, waiting and comparing. A claim that does not hold ends the scenario and names its line.

# skip REASON: it cannot be shown here, which is no failure.
skip() { echo "$1" >"$HERE/skip"; trap - EXIT; exit 0; }

# where: the line of the scenario that is being carried out.
where() {
	local i
	for ((i = 1; i < ${#BASH_SOURCE[@]}; i++)); do
		[[ ${BASH_SOURCE[i]} != "$SCENARIO" ]] || { echo "${SCENARIO#/vm/}:${BASH_LINENO[i - 1]}"; return; }
	done
	echo "${SCENARIO#/vm/}"
}

# not_yet REASON: from here on the scenario claims what does not hold yet. That it fails then is expected; the day it passes is not.
not_yet() { echo "$1" >"$HERE/not_yet"; FAILURE=$HERE/still; }

# fail MESSAGE
fail() {
	echo "$(where): $1" >>"$FAILURE"
	[[ $- == *i* ]] || exit 1  # the --shell goes on
	tail -n 1 "$FAILURE"
	return 1
}

# within SECONDS COMMAND...: whether it comes to hold in that time, which is longer where the machine is slow. Asking is what costs
# most under emulation: it is done less and less often, unless BETWEEN says how often.
within() {
	local left=$(($1 * 1000000)) last=${EPOCHREALTIME/./} between=50
	shift
	until "$@" >/dev/null 2>&1; do
		noted
		passes || return 1
		printf -v between %03d "$between"
		pause "${BETWEEN:-0.$between}"
		between=$((10#$between < 250 ? 10#$between * 3 / 2 : 10#$between))
	done
}

# eventually SECONDS COMMAND...: holds within that time, which is patience and no claim.
eventually() { within "$@" || fail "not so in time: ${*:2}"; }

# in_time SECONDS COMMAND...: the claim that it holds within that time, which is counted in what the machine of reference does in it.
in_time() {
	local began=${EPOCHREALTIME/./}
	within "$@" || fail "not so in $1 s, nor in $(((${EPOCHREALTIME/./} - began) / 1000)) ms where work takes $SLOW %: ${*:2}"
}

# always SECONDS COMMAND...: holds now and all that time. Time in which nothing may happen is not longer where the machine is slow.
always() {
	local end=$((SECONDS + $1))
	shift
	while ((SECONDS < end)); do
		"$@" >/dev/null 2>&1 || fail "no longer so: $*"
		pause 0.5
	done
}

# still SECONDS COMMAND...: what the command prints is the same after that time.
still() {
	local before
	before=$("${@:2}")
	pause "$1"
	[[ $("${@:2}") == "$before" ]]
}

# pause SECONDS: without a new process, which is what costs under emulation.
pause() { read -rt "$1" <>"$PAUSE" || true; }

# expect COMMAND...: holds now.
expect() { "$@" >/dev/null || fail "not so: $*"; }

# refuse COMMAND...: does not hold now.
refuse() { ! "$@" >/dev/null 2>&1 || fail "must not be so: $*"; }

# has_line FILE LINE [N]: it has exactly this line, or so often. Without a new process, which is what costs under emulation.
has_line() {
	local lines line n=0
	mapfile -t lines 2>/dev/null <"$1" || return
	for line in "${lines[@]}"; do
		[[ $line != "$2" ]] || (((n += 1) < ${3-1})) || return 0
	done
	return 1
}

# expect_log LINE: the healer says exactly this on standard output, soon.
expect_log() { eventually "$PATIENCE" has_line "$LOG" "$1"; }

# expect_log_like REGEX: the same for what a line can look like in more than one way.
expect_log_like() { eventually "$PATIENCE" grep -Eq -- "$1" "$LOG"; }

# how_many [OPTION...] REGEX FILE...: lines like that, for comparisons; to have none is no error, as it is of grep.
how_many() { grep -c "$@" || true; }

# expect_err LINE: on standard error.
expect_err() { eventually "$PATIENCE" has_line "$ERR" "$1"; }

# refuse_log REGEX: the healer has said nothing of the kind, on either.
refuse_log() { ! grep -Eq -- "$1" "$LOG" "$ERR" || fail "said: $(grep -Eh -- "$1" "$LOG" "$ERR" | head -n 1)"; }

# expect_full_scrubs N: so many full scrubs were started, when the scenario ends; 0 unless this is said.
expect_full_scrubs() { echo "$1 $(where)" >"$HERE/expected_scrubs"; }

# full_scrubs [NAME]: how many up to now, of all filesystems or of that one.
full_scrubs() {
	local of=${1:+[/-]$1(\.service)?\$}
	grep -Ec "${of:-.}" "$FULL_SCRUBS" || true
}

# real_xfs_scrub: from here on a full scrub is not only counted, the real xfs_scrub runs; its exit code is noted, too.
real_xfs_scrub() { : >/mnt/.run_full_scrubs; }

# full_scrub_ends: it has come to its end, with an exit code that is one of its own.
full_scrub_ends() { eventually "$PATIENCE" grep -Exq '[0-9]|1[0-5]' /mnt/.full_scrubs_ended; }

# measure TABLE COLUMN=VALUE...: a row of a table at the end of the suite.
measure() { local IFS=$'\t'; echo "$*" >>"$HERE/measures"; }
