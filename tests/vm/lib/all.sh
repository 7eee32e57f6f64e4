# SPDX-License-Identifier: LGPL-2.1-or-later
#
# All words of the scenarios, and what goes around a scenario. SCENARIO is its file, NAME its name, HERE its directory for logs.

TEMPLATES=/run/vm.templates  # filesystems that scenarios copy
FULL_SCRUBS=/mnt/.full_scrubs  # where bin/record_full_scrub writes; /mnt is the scenario's own
PAUSE=$HERE/pause
FAILURE=$HERE/failure  # where a claim is noted that does not hold
PATIENCE=60  # seconds until something that must happen has happened
END_LIMIT=1
[[ $HEALER != "$C_HEALER" ]] || END_LIMIT=4  # 7.2.0 sleeps for 2 s first; the scenario "unmount" is about that

for lib in pace expect kernel fs dead mapper media shutdown damage healer load trace both terminal damage_mounted damage_forks realtime structures one_shot slow systemd booted starter many service anonymous fserrord; do . "/vm/lib/$lib.sh"; done

# The next four are for the suite, which looks for them before it starts the scenario.

# in_background: it mostly waits, and runs beside the others.
in_background() { :; }

# alone: it measures time, and runs when nothing else does.
alone() { :; }

# allow_oops: the kernel may crash in it.
allow_oops() { :; }

# lasts SECONDS: the suite is patient for so long.
lasts() { :; }

begin() {
	[[ -n ${BOOTED-} ]] || mount -t tmpfs tmpfs /mnt
	: >"$FULL_SCRUBS"
	mkfifo "$PAUSE"
	use fs
	trace_start
	[[ -z ${BOOTED-} ]] || echo $(($(wc -l <"$JOURNAL") + 1)) >"$HERE/journal.begin"
}

# finish STATUS: what can be judged only when all is over.
finish() {
	local status=0
	trap - ERR
	released
	[[ -z ${BOOTED-} ]] || journal_here >"$HERE/journal.log"
	(judge "$1") || status=$?
	: >"$HERE/over"
	exit "$status"
}

judge() {
	cp "$TRACING/trace" "$HERE/trace"
	cp "$FULL_SCRUBS" "$HERE/full_scrubs"
	measure_structures
	(($1 == 0)) || { [[ -s $FAILURE ]] || echo "$(where): status $1" >"$FAILURE"; exit 1; }
	judge_repairs
	judge_full_scrubs
}

judge_full_scrubs() {
	local want place
	read -r want place < <(cat "$HERE/expected_scrubs" 2>/dev/null || echo 0 -)
	(($(full_scrubs) == want)) || fail "$(full_scrubs) full scrubs started, not $want ($place)"
}
