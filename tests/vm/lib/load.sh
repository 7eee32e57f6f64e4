# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What goes on beside a scenario, and what the healer spends on it.

LOAD=()

# over_and_over COMMAND...: beside what follows, until at_rest.
over_and_over() {
	touch "$HERE/load"
	while [[ -e $HERE/load ]]; do "$@" >/dev/null 2>&1 || true; done &
	LOAD+=($!)
}

# now_and_then COMMAND...: the same with a pause each time, for what goes on for long.
now_and_then() { over_and_over pausing "$@"; }
pausing() { "$@" || true; pause 0.5; }

# at_rest: nothing goes on any more, nor holds the filesystem.
at_rest() {
	rm -f "$HERE/load"
	wait "${LOAD[@]}"
	LOAD=()
}

# rivals COMMAND...: for the healer under test on the filesystem "ours", then for that of 7.2.0 on "theirs".
rivals() {
	use ours
	repairs_vary
	"$@"
	use theirs
	repairs_vary
	END_LIMIT=4 HEALER=$C_HEALER "$@"
}

# program: its name in tables.
program() { [[ $HEALER == "$C_HEALER" ]] && echo 7.2.0 || echo ours; }

# under_test: whether it is ours whose turn it is.
under_test() { [[ $FS == ours ]]; }

# stopwatch: elapsed counts from now on.
stopwatch() { BEGAN=${EPOCHREALTIME/./}; }

# elapsed: milliseconds since then.
elapsed() { echo $(((${EPOCHREALTIME/./} - BEGAN) / 1000)); }

# cpu_time: what the healer's threads have used up to now, in milliseconds; what the kernel repairs for them is in it.
cpu_time() { awk '{ sub(/.*\) /, ""); print ($12 + $13) * 10 }' "/proc/$PID/stat"; }

# ratio A B: A / B.
ratio() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f\n", a / (b ? b : 1) }'; }
