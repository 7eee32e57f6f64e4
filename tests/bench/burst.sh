# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What is measured of a burst: COUNT structures are damaged, and touch_all, which takes a moment, meets them all.

# healed: how many of them are.
healed() { how_many ': Repairs successful\.$' "$LOG"; }
all_are_healed() { (($(healed) >= COUNT)); }

# ticks_of_user: of processor time, in hundredths of a second; and those of the children that it has waited for.
ticks_of_user() { awk '{ sub(/.*\) /, ""); print $12 }' "/proc/$PID/stat"; }
ticks_of_children() { awk '{ sub(/.*\) /, ""); print $14 + $15 }' "/proc/$PID/stat"; }

# switches: of its threads' contexts; of those that have ended none.
switches() { awk '/ctxt_switches/ { n += $2 } END { print n }' "/proc/$PID"/task/*/status; }

# spent COMMAND...: does that, and notes in MS, and in CPU of processor time, how many milliseconds it took.
spent() {
	local TIMEFORMAT='%3R %3U %3S' real user system
	{ time "$@" 2>&3; } 3>&2 2>"$HERE/spent"
	read -r real user system <"$HERE/spent"
	MS=$((10#${real/./})) CPU=$((10#${user/./} + 10#${system/./}))
}

# memory FIELD: of the healer, in KiB.
memory() { awk -v field="$1:" '$1 == field { print $2 }' "/proc/$PID/smaps_rollup"; }

# burst_of_symlinks COUNT: remote ones, each read once.
burst_of_symlinks() {
	COUNT=$1
	touch_all() { touch_symlinks; }
	fs full
	damage_symlinks "$COUNT"
	burst "$COUNT symlinks"
}

# before_touches, after_repairs: for who wants to see more.
before_touches() { :; }
after_repairs() { :; }

# repair_span: milliseconds from the first repair to the last, and to the end of the touches.
repair_span() {
	awk -v dev="dev $(mountpoint -x "$DEV") " '
		match($0, / [0-9]+\.[0-9]+: /) { at = substr($0, RSTART, RLENGTH) * 1000 }
		/tracing_mark_write: touched/ { touched = at }
		/ xchk_start: / && /\(repair/ && index($0, dev) { last = at; if (!n++) first = at }
		END { printf "%d %d\n", last - first, touched - first }' "$TRACING/trace"
}

# burst NAME: heals the damaged filesystem, without a full scrub, which would not be what is measured.
burst() {
	local cpu user children switches times most now ms used
	if [[ $HEALER == "$C_HEALER" ]]; then heal; else heal --scrub-command=none; fi
	eventually "$PATIENCE" still 8 news  # the first look is over
	before_touches
	cpu=$(cpu_of "$PID") user=$(ticks_of_user) children=$(ticks_of_children) switches=$(switches)
	cp /sys/kernel/debug/sched/debug "$HERE/threads.before"  # what each has used, also of the kernel's own
	echo >"$TRACING/trace"
	trace_mark
	spent touch_all
	echo touched >"$TRACING/trace_marker"
	ms=$MS used=$CPU
	most=0
	until all_are_healed; do
		now=$(memory Anonymous)
		if ((now > most)); then
			most=$now
			cp "/proc/$PID/smaps" "$HERE/smaps"  # to see what it is
		fi
		pause 0.2
	done
	cp /sys/kernel/debug/sched/debug "$HERE/threads.after"
	after_repairs
	cpu=$((($(cpu_of "$PID") - cpu) / 1000))
	times=$(repair_span)
	measure "$1" "first to last repair, ms=${times% *}" "last touch after the first repair, ms=${times#* }" "calls=$(repairs)" \
		"touches, ms=$ms" "touches, ms of processor time=$used" "processor time, ms=$cpu" \
		"ticks of children=$(($(ticks_of_children) - children))" "ticks of user=$(($(ticks_of_user) - user))" \
		"switches of threads=$(($(switches) - switches))" "lines=$(logged)" "anonymous KiB=$most"
	dismiss
	repairs_vary
	touch "$HERE/$FS.damaged"
	umount "$MNT"
}
