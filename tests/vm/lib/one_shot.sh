# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs of the healer that end by themselves.

# one_shot CODE [OPTION...]: a single look, which ends with this exit code.
one_shot() {
	local want=$1
	shift
	single_look "$@"
	((CODE == want)) || fail "exit code $CODE, not $want: $(cat "$LOG" "$ERR")"
}

# single_look [OPTION...]: the same, which ends with any exit code: CODE.
single_look() { CODE=0; timeout "$(slowly 200)" "$HEALER" --oneshot "$@" "$MNT" >"$LOG" 2>"$ERR" || CODE=$?; }
