# SPDX-License-Identifier: LGPL-2.1-or-later
# Words of the scenarios beside this file, which source it: a healer that has too little of something.
repairs_vary
[[ $HEALER != "$C_HEALER" ]] || skip 'only ours is tried here'

fs full
damage_ag 1 bnobt
cp --sparse=always "$IMG" "$HERE/damaged.img"
mkdir -p "$HERE/mnt"
FAULTS=0

healer_gone() { ! kill -0 "$TRIED"; }
healer_begun() { healer_gone || grep -q 'monitoring started' "$OUT"; }
healer_healed() { grep -q 'bnobt: Repairs successful\.' "$OUT"; }
healer_told() { healer_gone || healer_healed || grep -q 'cannot be repaired just now\|offline repair' "$OUT"; }

# try WHAT COMMAND...: the healer, run by this, on a damaged filesystem; a row of the table.
try() {
	local what=$1 code=0 damaged=0 words verdict
	shift
	OUT=$HERE/try.out
	cp --sparse=always "$HERE/damaged.img" "$HERE/try.img"
	mount -o loop,nouuid "$HERE/try.img" "$HERE/mnt"
	: >"$OUT"
	"$@" "$HEALER" "$HERE/mnt" >"$OUT" 2>&1 &
	TRIED=$!
	within "${BEGIN:-30}" healer_begun || true
	xfs_io -x -c 'scrub bnobt 1' "$HERE/mnt" >/dev/null 2>&1 || true
	within "${TELL:-20}" healer_told || true
	verdict=
	BETWEEN=0.1 within 40 umount "$HERE/mnt" || verdict='FAULT: holds the mount'
	within 40 healer_gone || verdict='FAULT: does not end'
	[[ -z $verdict ]] || kill -KILL "$TRIED"
	wait "$TRIED" || code=$?
	! mountpoint -q "$HERE/mnt" || umount "$HERE/mnt"
	xfs_repair -n "$HERE/try.img" >/dev/null 2>&1 || damaged=$?
	words=$(grep -v 'monitoring started\|Automatically\|: sick$\|: healthy$\|Repairs successful\|filesystem unmounted' "$OUT" | head -n 1) || true
	if [[ -n $verdict ]]; then :
	elif grep -q '^memory allocation of\|alternative stack' "$OUT"; then verdict='aborted, said'
	elif ((code == 137)) && [[ -n ${MAY_BE_KILLED-} ]]; then verdict='killed by the kernel'
	elif ((code >= 128)) || grep -q 'panicked at\|fatal runtime error' "$OUT"; then verdict="FAULT: crash ($code)"
	elif { ((damaged == 1)) && healer_healed; } || grep -q 'may be frozen' "$OUT"; then verdict='FAULT: false word'
	elif ((damaged == 0)); then verdict=healed
	elif [[ -z $words ]]; then verdict="FAULT: not healed and nothing said ($code)"
	else verdict="said ($code)"
	fi
	measure "$NAME" "limit=$what" "result=$verdict" "words=${words:0:100}"
	cp "$OUT" "$HERE/$NAME.$what.log"
	[[ $verdict != FAULT* ]] || { echo "$what: $verdict: $words"; FAULTS=$((FAULTS + 1)); }
}
no_faults() { ((FAULTS == 0)) || fail "$FAULTS faults, see the table and the output"; }
