# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What is measured of a burst: COUNT structures are damaged, and touch_all, which takes a moment, meets them all.

# healed: how many of them are.
healed() { how_many ': Repairs successful\.$' "$LOG"; }
all_are_healed() { (($(healed) >= COUNT)); }

# ticks: of processor time that it has used, user's and system's.
ticks() { awk '{ sub(/.*\) /, ""); print $12, $13 }' "/proc/$PID/stat"; }

# ticks_of_children: of those that it has waited for.
ticks_of_children() { awk '{ sub(/.*\) /, ""); print $14 + $15 }' "/proc/$PID/stat"; }

# switches: of its threads' contexts; of those that have ended none.
switches() { awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/$PID"/task/*/status; }

# memory FIELD: of the healer, in KiB.
memory() { awk -v field="$1:" '$1 == field { print $2 }' "/proc/$PID/smaps_rollup"; }

# burst NAME: heals the damaged filesystem, without a full scrub, which would not be what is measured.
burst() {
	local user system children times most now
	if [[ $HEALER == "$C_HEALER" ]]; then heal; else heal --scrub-command=none; fi
	eventually "$PATIENCE" still 8 news  # the first look is over
	read -r user system < <(ticks)
	children=$(ticks_of_children)
	echo >"$TRACING/trace"
	trace_mark
	touch_all
	most=$(memory Anonymous)
	until all_are_healed; do
		now=$(memory Anonymous)
		((now <= most)) || most=$now
		pause 0.2
	done
	times=$(trace_of xchk_start | awk 'match($0, / [0-9]+\.[0-9]+: /) && /\(repair/ { at = substr($0, RSTART, RLENGTH) * 1000; if (!n++) first = at } END { printf "%d", at - first }')
	measure "$1" "first to last repair, ms=$times" "calls=$(repairs)" "ticks=$(ticks | awk -v u="$user" -v s="$system" '{ print $1 + $2 - u - s }')" \
		"ticks of children=$(($(ticks_of_children) - children))" "ticks of user=$(ticks | awk -v u="$user" '{ print $1 - u }')" "lines=$(logged)" "anonymous KiB=$most"
	dismiss
	repairs_vary
	touch "$HERE/$FS.damaged"
	umount "$MNT"
}
