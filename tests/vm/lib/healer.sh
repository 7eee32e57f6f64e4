# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The healer under test: start it, watch it, see it end.

# heal [OPTION...]: starts it on the filesystem and waits until it listens.
heal() {
	heal_into "$LOG" "$@"
	expect_log "$MNT: monitoring started"
}

# heal_into FILE [OPTION...]: with FILE as its standard output; waits until it listens.
heal_into() {
	local file=$1
	shift
	mount_fs
	: >"$LOG"
	: >"$ERR"
	"$HEALER" "$@" "$MNT" >>"$file" 2>>"$ERR" &
	PID=$!
	echo "$PID" >"$HERE/$FS.pid"
	eventually "$PATIENCE" listening_or_gone
	listening || fail "the healer ended at once: $(head -n 1 "$ERR")"
}

# alive: the healer runs.
alive() { kill -0 "$PID" 2>/dev/null; }

# gone: it has ended.
gone() { ! alive; }

# listening: it has the monitor.
listening() {
	local file line
	for file in /proc/"$PID"/fdinfo/*; do
		while read -r line; do [[ $line != state:* ]] || return 0; done 2>/dev/null <"$file"
	done
	return 1
}
listening_or_gone() { listening || gone; }

# monitor_info: what the kernel tells about the healer's monitor file.
monitor_info() { grep -hs -A 9 '^state:' /proc/"$PID"/fdinfo/* || true; }

# events: how many events the kernel has queued for the healer so far.
events() { monitor_info | awk '$1 == "events:" { print $2 }'; }

# events_lost: how many of them the kernel had no room for.
events_lost() { monitor_info | awk '$1 == "lost:" { print $2 }'; }

# news: what grows when something reaches the healer or it says something.
news() { echo "$(events) events, $(logged) lines"; }

# logged: how many lines it has said.
logged() { cat "$LOG" "$ERR" | wc -l; }

# dismiss: ends a healer of which nothing more is expected, not even that it ends.
dismiss() {
	kill -KILL "$PID"
	wait "$PID" || true
}

# expect_end SECONDS: the healer ends within that time, which is a claim, by itself, with exit 0.
expect_end() {
	local began=${EPOCHREALTIME/./}
	in_time "$1" gone
	echo "$(((${EPOCHREALTIME/./} - began) / 1000)) ms" >"$HERE/$FS.end"
	wait "$PID" || fail "the healer ended with $?"
}

# clean: the healer is alive, lets go of the filesystem, ends with it; nothing is damaged and all data is there.
clean() {
	alive || fail 'the healer is gone'
	umount_fs
	expect_end "$END_LIMIT"
	expect_log "$MNT: filesystem unmounted"
	expect_clean
}
