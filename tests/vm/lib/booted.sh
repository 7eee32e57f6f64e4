# SPDX-License-Identifier: LGPL-2.1-or-later
#
# For scenarios in a booted Debian, where nobody but systemd starts the healer, and its words are in the journal.

JOURNAL=/run/vm/journal  # all of it, as JSON

# expect_journal LEVEL LINE: the service of the filesystem, or UNIT, says exactly this, with that priority, soon.
expect_journal() { eventually "$PATIENCE" in_journal "$@"; }
in_journal() {
	local levels=(emerg alert crit err warning notice info debug) level
	for ((level = 0; level < 8; level++)); do [[ ${levels[level]} != "$1" ]] || break; done
	[[ $2 != *[\"\\]* ]] || fail "a line that looks different in JSON: $2"
	line=$2 awk -v begin="$(<"$HERE/journal.begin")" -v level="\"PRIORITY\":\"$level\"" -v unit="\"_SYSTEMD_UNIT\":\"${UNIT-$(unit_of xfs_healer)}\"" '
		NR < begin { next }  # what came before: the scenario may have been tried already
		index($0, "\"MESSAGE\":\"" ENVIRON["line"] "\"") && index($0, level) && index($0, unit) { found = 1; exit }
		END { exit !found }' "$JOURNAL"
}

# journal: what has come since the scenario began. It is read to its end.
journal() { tail -n +"$(<"$HERE/journal.begin")" "$JOURNAL"; }

# journal_here: what has come since the scenario began, for a person.
journal_here() {
	journal | awk '!/"_TRANSPORT":"kernel"/ {
		text = ""
		while (match($0, /"(PRIORITY|MESSAGE)":"([^"\\]|\\.)*"/)) {
			text = text " " substr($0, RSTART, RLENGTH)
			$0 = substr($0, RSTART + RLENGTH)
		}
		print text
	}'
}

# unit_of NAME: the unit of the filesystem, of the healer or of the full scrub.
unit_of() { echo "$1@mnt-$FS.service"; }

# told TEXT N: so often, of the filesystem.
told() { (($(journal | grep -Fc "\"MESSAGE\":\"$MNT: $1\"" || true) == $2)); }

# scrub_pid: the xfs_scrub of the filesystem.
scrub_pid() { pgrep -f "xfs_scrub .*$MNT\$"; }

# scrub_stands_still: the xfs_scrub of the unit is at work, and stopped. It has the processor when nobody else wants it, so that it is not
# stopped before it is at work; and it may have ended before it was met, and is started again.
scrub_stands_still() {
	local pid
	pid=$(scrub_pid) || { systemctl start --no-block "$(unit_of xfs_scrub)"; return 1; }
	holds "$pid" && kill -STOP "$pid" && holds "$pid"
}

# adjust LINE...: the healer's unit has these lines too, from its next start on.
adjust() { unit "$(unit_of xfs_healer).d/test.conf" '[Service]' "$@"; }

# mounted: mounts it and waits until somebody has started the healer.
mounted() {
	mount_fs
	expect_journal info "$MNT: monitoring started"
	expect_property ActiveState active
}

# main_pid: the healer's process.
main_pid() { property MainPID; }

# unmounted: unmounts it, whereupon the service ends, content.
unmounted() {
	unmount "$MNT"
	expect_property ActiveState inactive
	expect is_property Result success
	expect_journal info "$MNT: filesystem unmounted"
}

# machine_stops SECONDS: all of it, as a virtual machine does whose host sleeps, and then its clocks jump.
machine_stops() {
	ASKED=${EPOCHREALTIME/./}
	echo "$1" >/run/machine_stops
	BETWEEN=0.1 eventually "$PATIENCE" has_jumped "$1"
}
# has_jumped SECONDS: the clock, since this was asked last.
has_jumped() {
	local last=$ASKED
	ASKED=${EPOCHREALTIME/./}
	((ASKED - last > $1 * 900000))
}
