# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The same command lines for the healer under test and for that of xfsprogs 7.2, side by side, and what they answer.
#
# A scenario defines cases(), which calls same and differs. Each program goes through it by itself and beside the other,
# on filesystems of its own, whose names begin with "ours" and "theirs"; in the answers they are called "fs". For another pair
# of programs it sets HEALER and C_HEALER, and STAYS.

STAYS=': monitoring started'  # how the line ends after which a program stays

# both: lets both go through cases() and compares.
both() {
	local file
	in_turn ours "$HEALER" &
	in_turn theirs "$C_HEALER" &
	wait -n || fail 'a program did not come to the end of the cases'
	wait -n || fail 'a program did not come to the end of the cases'
	diff -U 3 "$HERE/theirs.same" "$HERE/ours.same" >"$HERE/same.diff" || fail "7.2.0 (-) and ours (+) differ: $(tail -n +4 "$HERE/same.diff" | head -n 12)"
	[[ $HEALER != "$C_HEALER" ]] || return 0
	for file in "$HERE"/ours.differs.*; do
		[[ -e $file ]] || continue
		! diff -q "$file" "$HERE/theirs${file#*/ours}" >/dev/null || fail "not different: $(<"$file")"
	done
}

# in_turn WHO PROGRAM
in_turn() {
	WHO=$1 PROGRAM=$2 differences=0
	: >"$HERE/$WHO.same"
	use "$WHO"
	cases
}

# same ARGUMENT...: both answer the same to this command line.
same() { answer "$@" >>"$HERE/$WHO.same"; }

# differs WHY ARGUMENT...: they do not, on purpose; standard input has what is expected of ours.
differs() {
	local want file got
	mapfile -t want
	file=$HERE/$WHO.differs.$((differences += 1))
	{ echo "# $1"; answer "${@:2}"; } >"$file"
	mapfile -ts 2 got <"$file"
	[[ $PROGRAM == "$C_HEALER" || ${got[*]} == "${want[*]}" ]] || fail "ours says $(<"$file")"
}

# answer ARGUMENT...: the command line, the exit code, the text. A program that stays to monitor is killed.
# HOW goes before the program's name, as words; LABEL before the line.
answer() {
	local pid code out=$HERE/$WHO.out err=$HERE/$WHO.err
	: >"$out"
	: >"$err"
	(exec -a "${C_HEALER##*/}" ${HOW-} "$PROGRAM" "$@" >>"$out" 2>>"$err") &
	pid=$!
	eventually "$PATIENCE" ended_or_started "$pid" "$out"
	if kill -0 "$pid" 2>/dev/null; then
		code=monitors
		[[ -z ${HOW-} ]] || pkill -KILL -P "$pid" || true  # what strace traces would outlive it
		{ kill -KILL "$pid"; wait "$pid"; } 2>/dev/null || true
	else
		wait "$pid" && code='exit 0' || code="exit $?"
	fi
	printf '$ %s%s' "${LABEL:+$LABEL: }" "${C_HEALER##*/}"
	[[ $# == 0 ]] || printf ' %q' "${@//$WHO/fs}"
	printf '\n%s\n' "$code"
	lines out "$out"
	lines err "$err"
}
ended_or_started() { ! kill -0 "$1" || said "$STAYS" "$2"; }

# All this without new processes: they are what costs under emulation.
# said END FILE: one of its lines ends so.
said() {
	local line
	while IFS= read -r line; do
		[[ $line != *"$1" ]] || return 0
	done <"$2"
	return 1
}

# lines NAME FILE: its lines, but those of the list of options, whose words are ours.
lines() {
	local line
	while IFS= read -r line; do
		[[ $line =~ ^\ +- ]] || echo "$1: ${line//$WHO/fs}"
	done <"$2"
}

# autofsck [VALUE]: what the property is from here on, also in the LABEL of cases; without one there is none.
autofsck() {
	LABEL="autofsck=${1-unset}"
	setfattr -x trusted.xfs:autofsck "$MNT" 2>/dev/null || true
	[[ $# == 0 ]] || setfattr -n trusted.xfs:autofsck -v "$1" "$MNT"
}
