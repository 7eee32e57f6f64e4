# Stories in the guest, in each of which one system call fails. What is before this line in the scenario says STORY (daemon, all,
# oneshot or starter), CALL, EVERY (each with every failure, else with one, in turn), and ROWS: "WHICH FAILURE..." as in the table of failures.
# Without a CALL it says which calls the story makes that the table has no line for: KNOWN are those that it has.
# Leaves $HERE/results: STORY, CALL and WHICH, N and FAILURE, VERDICT and words about it, with tabs between.
lasts 6000

judge() { true; }  # nothing is claimed here: what happened is the result
trap - ERR
set +eE

TOGETHER=8
QUIET=3  # seconds without a word after which nothing more is expected

declare -A ERRNO=([EPERM]=1 [ENOENT]=2 [ESRCH]=3 [EINTR]=4 [EIO]=5 [E2BIG]=7 [EBADF]=9 [ECHILD]=10 [EAGAIN]=11 [ENOMEM]=12 [EACCES]=13
	[EFAULT]=14 [EBUSY]=16 [EEXIST]=17 [ENODEV]=19 [EINVAL]=22 [ENFILE]=23 [EMFILE]=24 [ENOTTY]=25 [ENOSPC]=28 [EROFS]=30 [EPIPE]=32
	[ENOLCK]=37 [ENOSYS]=38 [ENODATA]=61 [EOPNOTSUPP]=95 [ECONNREFUSED]=111 [ESHUTDOWN]=108 [ESTALE]=116 [EUCLEAN]=117)
number() { [[ $1 == =* ]] && echo "$1" || echo "${ERRNO[$1]:?}"; }

# template: a small filesystem with a damaged free-space btree and a damaged remote symlink; a single look reads no files, and has only
# the btree.
template() {
	local at=$HERE/template.mnt
	mkdir -p "$at"
	truncate -s 300M "$TEMPLATE"
	mkfs.xfs -q -m rmapbt=1,reflink=1,autofsck=repair -n parent=1 "$TEMPLATE"
	mount -o loop "$TEMPLATE" "$at"
	mkdir "$at/dir"
	ln -s "$(printf 'x%.0s' {1..900})" "$at/dir/link"
	umount "$at"
	local damage=(-c 'agf 1' -c 'addr bnoroot' -c 'blocktrash -s 1 -o 64 -n 1 -x 64 -y 64 -3 -z')
	[[ $STORY == oneshot ]] ||
		damage+=(-c 'path /dir/link' -c 'dblock 0' -c 'blocktrash -s 1 -o 16384 -n 1 -x 64 -y 64 -3 -z')
	xfs_db -x "${damage[@]}" "$TEMPLATE" >"$HERE/xfs_db" 2>&1
	LINK=$(xfs_db -r -c 'path /dir/link' -c 'print v3.inumber core.gen' "$TEMPLATE" | sed 's/.* = //' | xargs)
	fallocate -d "$TEMPLATE"
	mkdir -p "$STUBS"
	cp /usr/bin/echo "$STUBS/xfs_scrub"
	cp /usr/bin/true "$STUBS/systemctl"
}
TEMPLATE=$HERE/template.img STUBS=$HERE/stubs

# In a story: its directory is DIR, its filesystem is at MNT, the program is the process RUNS.
failing() { fail_nth "$DIR/calls" "${CALL:-uname}" "$WHICH" "$N" "$FAILURE" "$@"; }
gone() { ! kill -0 "$RUNS"; }
said() { grep -Eq "$1" "$DIR/log"; }
healed() { (($(grep -c ': Repairs successful\.' "$DIR/log") >= $([[ $STORY == oneshot ]] && echo 1 || echo 2))); }
begun() { gone || said 'monitoring started'; }
settled() {
	local size
	gone || { healed && said 'full scrub finished'; } && return
	size=$(stat -c %s "$DIR/log")
	[[ $size == "${LAST-}" ]] || LAST=$size SINCE=$SECONDS
	((SECONDS - SINCE >= QUIET_HERE))
}
# checked: the kernel says the same of what is said to be healed. A program for all of it would take most of the time.
checked() {
	healed || return 0
	xfs_io -x -c 'scrub bnobt 1' -c "scrub symlink $LINK" "$MNT" >"$DIR/checked" 2>&1
	[[ -s $DIR/checked ]] || echo 0 >"$DIR/damaged"
}
hangs() { echo "$1" >>"$DIR/hangs"; }
# ends SECONDS: it does, or that is noted and it is killed; its exit code is CODE.
ends() {
	within "$1" gone || { hangs 'does not end'; cat /proc/[0-9]*/task/*/{comm,wchan} >"$DIR/stuck"; pkill -KILL xfs_healer; within 10 gone; }
	wait "$RUNS"
	CODE=$?
	within 10 no_more_words
}
no_more_words() { ! kill -0 "$READS"; }
runs() {
	mkfifo "$DIR/pipe"
	cat "$DIR/pipe" >"$DIR/log" &
	READS=$!
	failing "$@" >"$DIR/pipe" 2>"$DIR/err" &
	RUNS=$!
}
# healing: what happens under a healer that runs, up to the unmount.
healing() {
	within 40 begun
	xfs_io -x -c 'scrub bnobt 1' "$MNT" >"$DIR/touched" 2>&1
	readlink "$MNT/dir/link" >>"$DIR/touched" 2>&1
	QUIET_HERE=$(slowly "$QUIET") LAST='' SINCE=$SECONDS
	within 60 settled
	checked
	within 40 umount "$MNT" || hangs 'holds the mount'
}
daemon() {
	runs "$HEALER" --json --escalate 1/10m "$MNT"
	healing
	ends 40
}
all() {
	runs "$HEALER" --json --escalate 1/10m --all
	healing
	within 20 unmounted
	pkill -TERM -x xfs_healer
	ends 40
}
unmounted() { gone || said 'filesystem unmounted'; }
oneshot() {
	runs "$HEALER" --json --oneshot "$MNT"
	ends 60
	checked
	within 20 umount "$MNT" || hangs 'holds the mount'
}
started() { gone || said 'service started' || { ((SECONDS - SINCE >= QUIET_HERE)); }; }
starter() {
	runs "$STARTER" --json
	QUIET_HERE=$(slowly "$QUIET") SINCE=$SECONDS
	within 60 started
	pkill -TERM xfs_healer_star
	ends 30
	umount "$MNT"
}
# story: all of it, in namespaces of its own.
story() {
	MNT=$DIR/mnt
	mkdir "$MNT"
	cp --sparse=always "$TEMPLATE" "$DIR/case.img"
	mount -o loop,nouuid "$DIR/case.img" "$MNT" || { echo 'cannot be mounted' >"$DIR/trouble"; return; }
	: >"$DIR/log"
	"$STORY"
	echo "$CODE" >"$DIR/code"
	if [[ ! -e $DIR/damaged && $STORY != starter ]]; then
		xfs_repair -n "$DIR/case.img" >"$DIR/repair" 2>&1
		echo "$?" >"$DIR/damaged"
	fi
	rm "$DIR/case.img"
}

# words DIR: what was said, without what differs from run to run.
words() {
	grep -v '"kind":"\(header\|end\)"' "$1/log" | sed -e 's/.*"message":"\(.*\)"}$/\1/' -e 's/.*"log_lines_lost","count":\([0-9]*\).*/\1 log lines lost/' \
		-e "s|$1/mnt|/m|g" -e 's/kill [0-9]*/kill N/; s/0x[0-9a-f]*/N/g; s/[0-9]\{2,\}/N/g' | sort -u
}

# verdict DIR: VERDICT, and WORDS about it.
verdict() {
	local dir=$1 code damaged new missing cpu calls good=0
	code=$(cat "$dir/code" 2>/dev/null) damaged=$(cat "$dir/damaged" 2>/dev/null)
	cpu=$(sed -n 's/^cpu //p' "$dir/calls" 2>/dev/null) calls=$(sed -n 's/^calls //p' "$dir/calls" 2>/dev/null)
	words "$dir" >"$dir/words"
	new=$(grep -vxFf "$HERE/clean.words" "$dir/words" | head -n 4 | tr '\n\t' '; ')
	missing=$(grep -E 'unmounted|successful|full scrub finished|service started' "$HERE/clean.words" | grep -vxFf "$dir/words" | tr '\n\t' '; ')
	[[ $STORY != oneshot ]] || good=1
	WORDS=${new:-$(head -n 3 "$dir/err" | tr '\n\t' '; ')}
	if [[ -s $dir/trouble || ( -z $damaged && $STORY != starter ) ]]; then
		VERDICT='not run' WORDS=$(cat "$dir/trouble" 2>/dev/null)
	elif [[ -s $dir/hangs ]]; then
		VERDICT='FAULT: hang' WORDS="$(tr '\n' ';' <"$dir/hangs") $WORDS"
	elif grep -q '^memory allocation of .* failed\|alternative stack' "$dir/err"; then
		VERDICT='aborted'
	elif ((code >= 120)) || grep -q 'panicked at\|fatal runtime error' "$dir/err"; then
		VERDICT='FAULT: crash' WORDS="exit $code; $(head -n 3 "$dir/err" | tr '\n\t' '; ')"
	elif ((cpu > 5 * CLEAN_CPU + 2000)) || ((calls > 5 * CLEAN_CALLS + 200)); then
		VERDICT='FAULT: spin' WORDS="$cpu ms, $calls calls; $WORDS"
	elif ((damaged == 1)) && [[ $STORY != starter ]] && DIR=$dir healed; then
		VERDICT='FAULT: false word'
	elif ((damaged == 1)) && ((code == good)) && [[ $STORY == oneshot ]]; then
		VERDICT='FAULT: false word' WORDS="exit 1; $WORDS"
	elif ((code != good)) && ! { [[ $STORY == oneshot ]] && ((code == 4)); }; then
		[[ -n $WORDS ]] && VERDICT=ended || VERDICT='FAULT: ended without a word' WORDS="exit $code"
	elif ((damaged == 1)) && [[ $STORY != starter ]]; then
		[[ -n $new ]] && VERDICT=left || VERDICT='FAULT: left without a word'
	elif [[ $STORY == starter && -n $new && $missing == *'service started'* ]]; then
		VERDICT=left
	elif [[ -n $new ]]; then
		VERDICT=said
	elif [[ $missing == '/m: full scrub finished: no damage is left;' ]] && ! DIR=$dir said 'starting a full scrub'; then
		# It waits for the look at all inodes, which was not made and is made again after a minute.
		VERDICT=waits WORDS=
	elif [[ -n $missing ]]; then
		VERDICT='FAULT: not said' WORDS=$missing
	else
		VERDICT=unharmed WORDS=
	fi
}

# run_story N FAILURE: in $DIR.
run_story() {
	mkdir "$DIR"
	N=$1 FAILURE=$(number "$2") DIR=$DIR STORY=$STORY CALL=$CALL WHICH=$WHICH TEMPLATE=$TEMPLATE PAUSE=$PAUSE HERE=$HERE QUIET=$QUIET LINK=$LINK \
		PATH=$STUBS:$PATH SCENARIO=$SCENARIO unshare --mount --pid --fork --kill-child --mount-proc bash "$HERE/story.sh" >"$DIR/output" 2>&1
}
{
	echo '. /vm/lib/pace.sh; . /vm/lib/expect.sh'
	declare -f failing gone said healed begun settled checked hangs ends no_more_words runs healing daemon all unmounted oneshot started starter story
	echo 'story'
} >"$HERE/story.sh"

# case_of NUMBER N FAILURE: one story and its result.
case_of() {
	DIR=$HERE/case.$1
	run_story "$2" "$3"
	verdict "$DIR"
	printf '%s\t%s %s\t%s %s\t%s\t%s\n' "$STORY" "$CALL" "$WHICH" "$2" "$3" "$VERDICT" "$WORDS" >>"$HERE/results"
	case $VERDICT in
	unharmed) rm -r "$DIR" ;;
	esac
}

# clean NUMBER: a story in which nothing fails; counts the calls.
clean() {
	DIR=$HERE/clean.$1
	run_story 0 EPERM
	words "$DIR" >"$DIR/words"
	[[ $(cat "$DIR/hangs" 2>/dev/null) == '' && ( $STORY == starter || $(cat "$DIR/damaged") == 0 ) ]] || : >"$DIR/bad"
}
of_clean() { sed -n "s/^$2 //p" "$HERE/clean.$1/calls"; }
# wait_for_room: no more than so many stories at once.
wait_for_room() { while (($(jobs -rp | wc -l) >= TOGETHER)); do wait -n; done; }
# progress TEXT: to the console.
progress() { echo "<0>faults: $STORY $CALL: $1" >/dev/kmsg; }

rows() {
	local row number=0 n failure failures first
	for ((row = 0; row < ${#ROWS[@]}; row++)); do
		read -r WHICH failures <<<"${ROWS[row]}"
		wait_for_room
		clean "$row" &
	done
	wait
	sort -u "$HERE"/clean.*/words >"$HERE/clean.words"
	echo . >>"$HERE/clean.words"  # grep wants a line in it
	for ((row = 0; row < ${#ROWS[@]}; row++)); do
		read -r WHICH failures <<<"${ROWS[row]}"
		read -ra failures <<<"$failures"
		first=100000
		[[ ${failures[0]} != first=* ]] || { first=${failures[0]#first=}; failures=("${failures[@]:1}"); }
		CLEAN_CPU=$(of_clean "$row" cpu) CLEAN_CALLS=$(of_clean "$row" calls)
		progress "$WHICH: $CLEAN_CALLS calls"
		if [[ -e $HERE/clean.$row/bad ]]; then
			# What fails already does not tell anything.
			printf '%s\t%s %s\t0 -\tnot run\tnot even without a failure: %s\n' "$STORY" "$CALL" "$WHICH" \
				"$(tail -n 5 "$HERE/clean.$row"/{words,err,output} 2>&1 | tr '\n\t' '; ')" >>"$HERE/results"
			continue
		fi
		printf '%s\t%s %s\t0 -\tclean\t%s calls\n' "$STORY" "$CALL" "$WHICH" "$CLEAN_CALLS" >>"$HERE/results"
		for ((n = 1; n <= CLEAN_CALLS && n <= first; n++)); do
			for failure in "${failures[@]}"; do
				[[ -n $EVERY || $failure == "${failures[(n - 1) % ${#failures[@]}]}" ]] || continue
				wait_for_room
				number=$((number + 1))  # not in the background
				case_of "$number" "$n" "$failure" &
			done
		done
	done
	wait
	progress "$number stories"
}

# unknown: calls that the table has no line for.
unknown() {
	local call
	failing() { strace -f -qq -o "$DIR/trace" "$@"; }
	{
		echo '. /vm/lib/pace.sh; . /vm/lib/expect.sh'
		declare -f failing gone said healed begun settled checked hangs ends no_more_words runs healing daemon all unmounted oneshot started starter story
		echo 'story'
	} >"$HERE/story.sh"
	WHICH='*' DIR=$HERE/clean.traced
	run_story 0 EPERM
	sed -n 's/^[0-9]* *\([a-z0-9_]*\)(.*/\1/p' "$DIR/trace" | sort | uniq -c >"$HERE/counts"
	for call in $(awk '{ print $2 }' "$HERE/counts"); do
		[[ " $KNOWN " == *" $call "* ]] || printf '%s\t%s\t-\tno line\t\n' "$STORY" "$call" >>"$HERE/results"
	done
}

dmesg -n 1  # what the kernel says of damage would take most of the time
template
if [[ -n $CALL ]]; then rows; else unknown; fi
rm -f "$TEMPLATE"
true
