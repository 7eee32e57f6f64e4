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

# all_says LINE [N]: soon, and at least so often.
all_says() { eventually "$PATIENCE" all_said "$ALL_LOG" "$1" "${2-1}"; }
all_complains() { eventually "$PATIENCE" all_said "$ALL_ERR" "$1" "${2-1}"; }
all_said() { (($(grep -Fxc -- "$2" "$1" || true) >= $3)); }

# end_all: it is still there, and ends by SIGTERM with exit 0.
end_all() {
	kill -TERM "$ALL_PID"
	eventually "$PATIENCE" all_gone
	wait "$ALL_PID" || fail "the healer ended with $?"
}
all_gone() { ! kill -0 "$ALL_PID"; }
