# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Runs of the healer that end by themselves.

# one_shot CODE [OPTION...]: a single look, which ends with this exit code.
one_shot() {
	local want=$1 code=0
	shift
	timeout "$(slowly 200)" "$HEALER" --oneshot "$@" "$MNT" >"$LOG" 2>"$ERR" || code=$?
	((code == want)) || fail "exit code $code, not $want: $(cat "$LOG" "$ERR")"
}
