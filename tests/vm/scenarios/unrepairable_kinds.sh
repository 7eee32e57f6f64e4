# SPDX-License-Identifier: LGPL-2.1-or-later
# Four kinds of damage that the kernel cannot repair are met twice a second for two minutes. Each structure costs at most
# three calls, each filesystem at most one full scrub; a person is told once what needs an offline repair, and after the
# third attempts, a minute after the first, there is silence.
in_background
use pair  # each is rebuilt from the other
fs full
damage_ag 1 rmapbt
damage_ag 1 bnobt
use dirs
fs full
two_dirs
use plain  # there is nothing to rebuild it from
fs plain
damage_ag 1 bnobt
use dead  # what it is rebuilt from cannot be read
fs full
damage_ag 1 bnobt
rmaproot=$(xfs_db -r -c 'agf 1' -c 'addr rmaproot' -c daddr "$DEV" | awk '{ print $NF }')
on_mapper

kinds=(pair dirs plain dead)
each() { for kind in "${kinds[@]}"; do use "$kind"; "$@"; done; }
damaged() {
	case $FS in
	pair) printf '%s\n' ' agno 0x1 bnobt' ' agno 0x1 rmapbt' ;;
	dirs) printf '%s\n' /d\ directory /e\ directory ;;
	*) echo ' agno 0x1 bnobt' ;;
	esac
}
meet() {
	case $FS in
	pair) touch_ag 1 rmapbt; touch_ag 1 bnobt ;;
	dirs) touch_dir d; touch_dir e ;;
	*) touch_ag 1 bnobt ;;
	esac
}
types() {
	case $FS in
	pair) echo bnobt rmapbt ;;
	dirs) echo directory ;;
	*) echo bnobt ;;
	esac
}
is_modest() {
	local type each=3
	[[ $FS != dirs ]] || each=6  # two of them
	for type in $(types); do (($(repairs "$type") <= each)) || return 1; done
	(($(full_scrubs "$FS") == 1))
}
all_told() {
	for kind in "${kinds[@]}"; do
		use "$kind"
		(($(how_many ': offline repair needed: ' "$LOG") >= $(damaged | wc -l))) || return 1
	done
}
note() { logged >"$HERE/$FS.logged"; }
tell() {
	local subject
	measure 'Unrepairable, met twice a second for 2 minutes' "damage=$FS" "repair calls=$(repairs)" "full scrubs=$(full_scrubs "$FS")" "lines logged=$(logged)"
	expect is_modest
	while IFS= read -r subject; do
		expect [ "$(how_many "^$MNT$subject: offline repair needed: " "$LOG")" = 1 ]
	done < <(damaged)
	expect [ "$(logged)" = "$(<"$HERE/$FS.logged")" ]
}
end() { unmount "$MNT"; expect_end "$END_LIMIT"; }

each repairs_vary
each heal --quiet
use dead
broken "$rmaproot" 8
each now_and_then meet
pause 80
eventually "$PATIENCE" all_told
each note
pause 40
at_rest
each tell
expect_full_scrubs 4
each end
