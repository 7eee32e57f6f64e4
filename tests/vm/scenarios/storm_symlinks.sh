# SPDX-License-Identifier: LGPL-2.1-or-later
# 500 damaged symlinks are read over and over by two processes for 20 s. Each is healed, with hardly more than one call for
# each and without a full scrub, even if the kernel's queue overflows. 7.2.0 goes through the same beside it, so that both
# suffer alike where the machine is uneven; CPU time and time to heal are not above it, where half as much again is noise.
alone
SYMLINKS=500
declare -A healed cpu calls

hurt() {
	fs full
	damage_symlinks "$SYMLINKS"
	# So many start a full scrub by default, which would not be what is measured.
	if [[ $(program) == ours ]]; then heal --scrub-command=none; else heal; fi
}
read_over_and_over() { for reader in 1 2; do over_and_over touch_symlinks; done; }
are_whole() { readlink "$MNT"/s[0-9]*; }
note_healed() { [[ -n ${healed[$FS]-} ]] || ! are_whole || healed[$FS]=$(elapsed); }
all_are_healed() { rivals note_healed; ((${#healed[@]} == 2)); }
note() {
	eventually "$PATIENCE" still 2 news
	cpu[$FS]=$(cpu_time) calls[$FS]=$(repairs symlink)
	row "$(program)" "$(ratio "${calls[$FS]}" "$SYMLINKS")" "${cpu[$FS]}" "${healed[$FS]}" "$(logged)" "$(events_lost)"
}
row() {
	measure "Storm of $SYMLINKS damaged symlinks" "program=$1" "calls per symlink=$2" "CPU time, ms=$3" \
		"healed after, ms=$4" "lines logged=$5" "events lost=$6"
}

rivals hurt
stopwatch
rivals read_over_and_over
eventually 120 all_are_healed
while (($(elapsed) < 20000)); do pause 0.5; done
at_rest
rivals note
row "$(program) / 7.2.0" "$(ratio "${calls[ours]}" "${calls[theirs]}")" "$(ratio "${cpu[ours]}" "${cpu[theirs]}")" \
	"$(ratio "${healed[ours]}" "${healed[theirs]}")" '' ''
expect [ $((calls[ours] * 10)) -le $((SYMLINKS * 11)) ]
expect [ $((cpu[ours] * 2)) -le $((cpu[theirs] * 3)) ]
expect [ $((healed[ours] * 2)) -le $((healed[theirs] * 3)) ]
rivals clean
