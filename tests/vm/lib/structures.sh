# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The table of structures: which are healed, with how many calls. The suite prints it beside what xfs_healer 7.2.0 does.

# structure NAME TYPE[,TYPE...] SUBJECT: a row of it. The scenario damages this structure of the filesystem that is spoken
# of; TYPE names its repair calls in trace events, SUBJECT is what the log says behind the mount point, as a regex, or "-"
# where this kernel never tells.
# To be said before the damage is met, so that a row comes out also where the scenario fails.
structure() { printf '%s\t%s\t%s\n' "$@" >>"$HERE/$FS.structures"; }

# measure_structures: healed is what the healer says is healed and the checks of expect_clean find clean.
measure_structures() {
	local file name types type subject calls healed
	for file in "$HERE"/*.structures; do
		[[ -e $file ]] || continue
		use "$(basename "$file" .structures)"
		while IFS=$'\t' read -r name types subject; do
			calls=0 healed=no
			for type in ${types//,/ }; do calls=$((calls + $(repairs "$type"))); done
			[[ ! -e $HERE/$FS.clean ]] || ! is_healed "$subject" || healed=yes
			[[ $subject != - ]] || healed='not reported'
			measure Structures "structure=$name" "healed=$healed" "calls=$calls"
		done <"$file"
	done
}
is_healed() { grep -Eq "^$MNT$1: (Repairs successful|No modification needed)\.\$" "$LOG" 2>/dev/null; }

# expect_healed SUBJECT: the log says so, soon.
expect_healed() { eventually "$PATIENCE" is_healed "$1"; }

# expect_healed_after_grace SUBJECT: the same for what only a scrub has found, which gets a minute to repair it itself.
expect_healed_after_grace() { eventually $((60 + PATIENCE)) is_healed "$1"; }

# expect_healed_not_left SUBJECT: the last word on it is that, and not that it is left to an offline repair.
expect_healed_not_left() { eventually "$PATIENCE" is_judged "$1"; expect is_healed "$1"; }
is_judged() { is_healed "$1" || grep -Eq "^$MNT$1: offline repair needed: " "$LOG"; }
