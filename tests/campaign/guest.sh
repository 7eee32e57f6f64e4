# A batch of a campaign, in the guest: each case is a filesystem with one random damage whose checksum is right. What is before this
# line in the scenario says BATCH, the cases, each as STRUCTURE:SEED, and WHO is to heal: ours, 7.2.0 or xfs_scrub.
# Leaves $HERE/results: CASE, VERDICT, DAMAGE and the last word about it, with tabs between.
allow_oops
lasts 2400

judge() { cp "$ALL_LOG" "$HERE/healer.log" 2>/dev/null || true; }  # nothing is claimed here: what happened is the result
trap - ERR
set +eE
: >/mnt/.run_full_scrubs
ALL_LOG=$HERE/all.log

# verdict CASE VERDICT [WORDS]
verdict() { printf '%s\t%s\t%s\t%s\n' "$1" "$2" "$(cat "$HERE/$(id "$1").damage" 2>/dev/null)" "${3-}" >>"$HERE/results"; }
id() { echo "${1//:/_}"; }

# populate DIR: what has each form that a filesystem has things in.
populate() {
	local i
	cd "$1" || return
	mkdir -m 750 lost+found
	mkdir short block leaf node deep deep/er deep/er/est
	for i in 1 2 3; do echo "$i" >"short/s$i"; done
	for i in {1..40}; do : >"block/name_$i"; done
	for i in {1..250}; do : >"leaf/name_which_is_long_$i"; done
	for i in {1..2500}; do echo "node/name_which_is_quite_long_indeed_$i"; done | xargs touch
	seq 1 20000 >deep/er/est/lines
	for ((i = 0; i < 400; i++)); do echo "pwrite -q $((i * 8192)) 4096"; done | xfs_io -f frag >/dev/null
	cp --reflink=auto frag frag.copy
	for ((i = 0; i < 100; i += 3)); do echo "pwrite -q $((i * 8192)) 4096"; done | xfs_io frag.copy >/dev/null
	xfs_io -f -c 'falloc 0 1m' unwritten
	ln -s short inline_link
	ln -s "$(printf 'x%.0s' {1..900})" remote_link
	mkfifo fifo
	mknod device c 1 3
	: >attr_short
	setfattr -n user.a -v 1 attr_short
	: >attr_leaf
	: >attr_node
	{
		echo '# file: attr_leaf'
		printf 'user.name_%s="value"\n' {1..20}
		printf '\n# file: attr_node\n'
		for i in {1..150}; do printf 'user.name_%d="value_%050d"\n' "$i" "$i"; done
	} | setfattr --restore=-
	: >attr_remote
	setfattr -n user.big -v "$(printf 'y%.0s' {1..9000})" attr_remote
	ln leaf/name_which_is_long_1 second_name
	cd /
}

# template_of CASE: what is copied and then damaged.
template_of() {
	case $1 in
	rt_* | md_*) echo "${TEMPLATE}_rt" ;;
	zoned_*) echo "${TEMPLATE}_zoned" ;;
	*) echo "$TEMPLATE" ;;
	esac
}

# has_rt CASE: it has a realtime device, and its metadata files lie in a directory tree of their own.
has_rt() { [[ $(template_of "$1") == *_rt ]]; }
# rt CASE IMAGE OPTION: what a program has to be told of the realtime device of this image, into RT.
rt() { ! has_rt "$1" && RT=() || RT=("$3" "$2.rt"); }

# template: makes them once for the guest: without a realtime section, with one on a device of its own, and with one in zones on the
# same device. Zeros become holes, which no copy looks at.
TEMPLATE=$TEMPLATES/campaign
template() {
	local at=$HERE/template.mnt new=$HERE/new dev file
	[[ ! -e $TEMPLATE ]] || return 0
	mkdir -p "$at" "$TEMPLATES"
	truncate -s 300M "$new" "${new}_rt" "${new}_rt.rt"
	mkfs.xfs -q -m rmapbt=1,reflink=1,autofsck=repair -n parent=1 "$new"
	mount -o loop,uquota,gquota,pquota "$new" "$at"
	populate "$at"
	umount "$at"
	dev=$(losetup --find --show "${new}_rt.rt")
	mkfs.xfs -q -m metadir=1,rmapbt=1,reflink=1,autofsck=repair -n parent=1 -d rtinherit=1 -r rtdev="$dev" "${new}_rt"
	mount -o "loop,rtdev=$dev,uquota,gquota,pquota" "${new}_rt" "$at"
	populate "$at"
	umount "$at"
	losetup -d "$dev"
	truncate -s 2G "${new}_zoned"
	mkfs.xfs -q -m rmapbt=1,autofsck=repair -n parent=1 -r zoned=1 "${new}_zoned"
	mount -o loop,uquota,gquota,pquota "${new}_zoned" "$at"
	populate "$at"
	umount "$at"
	for file in _rt.rt _rt _zoned ''; do cp --sparse=always "$new$file" "$TEMPLATE$file"; done
	rm "$new"*
}

# way STRUCTURE: xfs_db's commands that lead to it, into WAY.
way() {
	local ag=$((RANDOM % 4)) block=$((RANDOM % 3))
	case $1 in
	sb) WAY=("sb $((1 + RANDOM % 3))") ;;
	sb0 | zoned_super) WAY=('sb 0') ;;
	agf | agi | agfl) WAY=("$1 $ag") ;;
	bnobt) WAY=("agf $ag" 'addr bnoroot') ;;
	cntbt) WAY=("agf $ag" 'addr cntroot') ;;
	rmapbt) WAY=("agf $ag" 'addr rmaproot') ;;
	refcountbt) WAY=('agf 0' 'addr refcntroot') ;;
	inobt) WAY=("agi $ag" 'addr root') ;;
	finobt) WAY=("agi $ag" 'addr free_root') ;;
	root_core) WAY=('sb 0' 'addr rootino') ;;
	file_core) WAY=('path /deep/er/est/lines') ;;
	frag_core | zoned_file_core) WAY=('path /frag') ;;
	empty_core) WAY=("path /leaf/name_which_is_long_$((1 + RANDOM % 250))") ;;
	dir_core) WAY=("path /$(pick short block leaf node)") ;;
	link_core) WAY=("path /$(pick inline_link remote_link)") ;;
	special_core) WAY=("path /$(pick fifo device)") ;;
	bmapbt | zoned_bmapbt) WAY=('path /frag' 'addr u3.bmbt.ptrs[1]') ;;
	dir_block) WAY=('path /block' 'dblock 0') ;;
	dir_data) WAY=("path /$(pick leaf node)" "dblock $block") ;;
	dir_leaf) WAY=('path /leaf' 'dblock 8388608') ;;
	dir_node) WAY=('path /node' 'dblock 8388608') ;;
	dir_leafn) WAY=('path /node' "dblock $((8388609 + block))") ;;
	dir_free) WAY=('path /node' 'dblock 16777216') ;;
	attr_core) WAY=("path /$(pick attr_short attr_leaf attr_node attr_remote)") ;;
	attr_leaf) WAY=('path /attr_leaf' 'ablock 0') ;;
	attr_node) WAY=('path /attr_node' "ablock $block") ;;
	attr_remote) WAY=('path /attr_remote' 'ablock 1') ;;
	symlink) WAY=('path /remote_link' 'dblock 0') ;;
	dquot) WAY=("dquot -$(pick u g p) 0") ;;
	quota_core) WAY=('sb 0' "addr $(pick uquotino gquotino pquotino)") ;;
	rt_super) WAY=('rtsb') ;;
	rt_*_core) [[ $1 == rt_file_core ]] && WAY=('path /frag') || WAY=("path -m /rtgroups/0.$(echo "$1" | cut -d _ -f 2)") ;;
	rt_bitmap | rt_summary) WAY=("path -m /rtgroups/0.${1#rt_}" 'dblock 0') ;;
	zoned_rmap_core) WAY=('path -m /rtgroups/0.rmap') ;;
	rt_rmapbt | zoned_rmapbt) WAY=('path -m /rtgroups/0.rmap' 'addr u3.rtrmapbt.ptrs[1]') ;;
	rt_refcountbt) WAY=('path -m /rtgroups/0.refcount' 'addr u3.rtrefcbt.ptrs[1]') ;;
	md_root_core) WAY=('sb 0' 'addr metadirino') ;;
	md_dir_core) WAY=("path -m /$(pick rtgroups quota)") ;;
	md_quota_core) WAY=("path -m /quota/$(pick user group project)") ;;
	md_dquot) WAY=("path -m /quota/$(pick user group project)" 'dblock 0') ;;
	*) fail "no structure $1" ;;
	esac
}
pick() { local all=("$@"); echo "${all[RANDOM % $#]}"; }

# fields: of what xfs_db prints on standard input, the names; of an array one each of its columns, at random places.
fields() {
	awk -v seed="$RANDOM" '
		BEGIN { srand(seed) }
		match($0, /^[a-z0-9_.]+(\[[0-9]+\][a-z0-9_.]*)* = /) {
			name = substr($0, 1, RLENGTH - 3)
			print name
		}
		match($0, /^[a-z0-9_.]+\[[0-9]+-[0-9]+\] = /) {
			head = substr($0, 1, RLENGTH - 3)
			rest = substr($0, RLENGTH + 1)
			name = head; sub(/\[.*/, "", name)
			split(head, range, /[][-]/)
			columns = 0
			if (match(rest, /^\[[a-z_0-9,]+\]/)) columns = split(substr(rest, 2, RLENGTH - 2), column, ",")
			for (i = 0; i < 3; i++) {
				at = range[2] + int(rand() * (range[3] - range[2] + 1))
				if (!columns) print name "[" at "]"
				for (c = 1; c <= columns; c++) print name "[" at "]." column[c]
			}
		}'
}

# damage CASE: until xfs_repair finds some. False if it did not in twelve tries.
damage() {
	local case=$1 image=$HERE/$(id "$1").img template field verb try options=() command names
	template=$(template_of "$1")
	RANDOM=${case#*:}
	for try in {1..12}; do
		way "${case%:*}"
		options=()
		for command in "${WAY[@]}"; do options+=(-c "$command"); done
		rt "$case" "$template" -R
		mapfile -t names < <(xfs_db -r "${RT[@]}" "${options[@]}" -c print "$template" 2>/dev/null | fields | grep -v '^crc$\|\.crc$\|_crc$')
		((${#names[@]} > 0)) || continue
		field=${names[(RANDOM * 32768 + RANDOM) % ${#names[@]}]}
		verb=$(pick zeroes ones firstbit middlebit lastbit add sub)
		cp "$template" "$image"
		! has_rt "$case" || cp "$template.rt" "$image.rt"
		rt "$case" "$image" -R
		xfs_db -x "${RT[@]}" "${options[@]}" -c "fuzz -d $field $verb" "$image" >"$HERE/fuzz" 2>&1 || continue
		printf '%s: %s %s' "${WAY[*]}" "$field" "$verb" >"$HERE/$(id "$case").damage"
		rt "$case" "$image" -r
		timeout 60 xfs_repair -n -P "${RT[@]}" "$image" >"$HERE/$(id "$case").before" 2>&1
		[[ $? != 1 ]] || return 0  # anything else is no damage, but a trouble of xfs_repair
	done
	rm -f "$image" "$image.rt"
	return 1
}

# used DIR: as people use one. That it does not answer is a result.
used() {
	timeout 120 bash -c '
		cd "$1" || exit
		ls -lRn
		find . -type f -size -1000k -exec cat {} +
		getfattr -Rhd -m - .
		find . -type l -exec readlink {} +
		for dir in . short block leaf node deep/er; do
			mkdir "$dir/new" && echo new >"$dir/new/file" && ln "$dir/new/file" "$dir/linked" && mv "$dir/linked" "$dir/renamed"
			setfattr -n user.new -v new "$dir/new/file"
			rm -r "$dir/new" "$dir/renamed"
		done
		for i in 1 2 3 4 5 6 7 8; do mkdir "dir_$i" && seq 1 20000 >"dir_$i/seq"; done
		sync -f .
		echo more >>frag
		cp --reflink=auto frag frag.again
		rm -r dir_* frag.again
		sync -f .
	' used "$1" >/dev/null 2>&1 </dev/null
}

# quiet: nobody has said anything for ten seconds, and no full scrub runs.
quiet() {
	local before
	before=$(cat "$ALL_LOG" "$HERE"/*.scrubbed 2>/dev/null | wc -c)
	pause 10
	[[ $(cat "$ALL_LOG" "$HERE"/*.scrubbed 2>/dev/null | wc -c) == "$before" ]] && ! pgrep -x xfs_scrub
}
# settles: patience for that, some repairs take long.
settles() { BETWEEN=0.5 within 400 quiet; }

# starts: who heals.
starts() {
	case $WHO in
	ours) "$HEALER" --all >"$ALL_LOG" 2>&1 & HEALS=$! ;;
	7.2.0 | xfs_scrub) : >"$ALL_LOG" ;;
	esac
}
# watches DIR: it, after its mount.
watches() {
	[[ $WHO != 7.2.0 ]] || "$C_HEALER" --foreground "$1" >>"$ALL_LOG" 2>&1 &
}
# scrubs DIR: a person's or a timer's look at everything, which for xfs_scrub alone also repairs.
scrubs() {
	local options=-n
	[[ $WHO != xfs_scrub ]] || options=
	timeout 200 /usr/sbin/xfs_scrub $options "$1" >"$1.scrubbed" 2>&1
}

# ended DIR CASE: how it stands; the verdict.
ended() {
	local dir=$1 case=$2 image=$HERE/$(id "$2").img loop down last
	loop=$(findmnt -no SOURCE "$dir")
	down=$(dmesg | grep -F "XFS (${loop#/dev/})" | sed -n '/Mounting/h; /Mounting/!H; ${x; p}' | grep -m 1 -i 'shutting down\|shut down\|shutdown')
	if ! BETWEEN=0.2 within 60 umount "$dir"; then
		verdict "$case" hung
		return
	fi
	if [[ -n $down ]]; then
		verdict "$case" 'shut down' "${down#*: }"
		return
	fi
	rt "$case" "$image" -r
	timeout 120 xfs_repair -n -P "${RT[@]}" "$image" >"$HERE/$(id "$case").after" 2>&1
	case $? in
	0) verdict "$case" clean ;;
	1)
		# Last words only: a repair that failed once may have succeeded later.
		last=$(grep -E "^$dir[ :/].*(offline repair needed|still damaged|damage is left|cannot be loaded)" "$ALL_LOG" | tail -n 1)
		if [[ -n $last ]]; then
			verdict "$case" said "$last"
		else
			verdict "$case" 'NOT SAID' "$(grep -v '^Phase\|^No modify\|^ *- \|^$\|^Cannot get host\|^Repair may\|^the image and\|^Inode allocation btrees' "$HERE/$(id "$case").after" | head -n 2 | tr '\n\t' '; ')"
		fi
		;;
	*) verdict "$case" 'not judged' ;;
	esac
}

batch() {
	local case dir image rtdev cases=()
	template
	starts
	for case in "${BATCH[@]}"; do
		if damage "$case"; then
			echo "campaign: $case: $(cat "$HERE/$(id "$case").damage")" >/dev/kmsg
			cases+=("$case")
		else
			verdict "$case" 'no damage'
		fi
	done
	for case in "${cases[@]}"; do
		dir=/mnt/$(id "$case") image=$HERE/$(id "$case").img rtdev=
		mkdir -p "$dir"
		! has_rt "$case" || rtdev=,rtdev=$(losetup --find --show "$image.rt")
		echo "campaign: $case is mounted" >/dev/kmsg
		if ! timeout 60 mount -o "loop,nouuid,uquota,gquota,pquota$rtdev" "$image" "$dir" 2>"$HERE/mount.err"; then
			verdict "$case" unmountable "$(head -n 1 "$HERE/mount.err")"
			continue
		fi
		watches "$dir"
		MOUNTED+=("$case")
	done
	settles
	for case in "${MOUNTED[@]}"; do used "/mnt/$(id "$case")"; done
	settles
	for case in "${MOUNTED[@]}"; do scrubs "/mnt/$(id "$case")"; done
	pause 75  # what a scrub found it may mend itself: a healer leaves it alone for a minute
	settles
	[[ $WHO != ours ]] || kill -USR1 "$HEALS"
	pause 2
	for case in "${MOUNTED[@]}"; do ended "/mnt/$(id "$case")" "$case"; done
	cp /mnt/*.scrubbed "$HERE/" 2>/dev/null
	# Which of them it was tells the console, which has the names too.
	! dmesg | grep -q 'Oops:\|BUG:' || verdict "${cases[0]}" crashed "$(dmesg | grep -m 1 'Oops:\|BUG:')"
	if [[ $WHO == ours ]]; then
		kill -0 "$HEALS" || verdict "${cases[0]}" 'healer died' "$(tail -n 1 "$ALL_LOG")"
		kill -TERM "$HEALS"
	fi
	for image in "$HERE"/*.img.rt; do losetup -j "$image" | cut -d : -f 1 | xargs -r losetup -d; done
	rm -f "$HERE"/*.img "$HERE"/*.img.rt
}
MOUNTED=()
batch
set -eE
true
