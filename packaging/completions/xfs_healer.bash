# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of xfs_healer for bash. Needs nothing else.

# _xfs_healer_mounts WORD: of the mounts that it reads, those of an XFS that go on from the word.
_xfs_healer_mounts()
{
	local word=${1#[\"\']} mount quoted type
	while read -r _ mount type _; do
		[[ $type == xfs ]] || continue
		printf -v mount %b "$mount"
		printf -v quoted %q "$mount"
		[[ $mount != "$word"* && $quoted != "$word"* ]] || COMPREPLY+=("$mount")
	done
}

_xfs_healer()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} option i operands=0 ended=0
	COMPREPLY=()
	# Bash takes an equals sign for a word of its own.
	if [[ $word == = ]]; then
		option=$before word=
	elif [[ $before == = ]]; then
		option=${COMP_WORDS[COMP_CWORD - 2]}
	else
		option=$before
	fi
	case $option in
	--escalate)
		COMPREPLY=($(compgen -W '100/10m' -- "$word"))
		return
		;;
	--exec | --metrics | --record | --replay)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	--scrub-command)
		COMPREPLY=($(compgen -W none -- "$word") $(compgen -c -- "$word"))
		return
		;;
	esac
	for ((i = 1; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--) ended=1 ;;
		--escalate | --exec | --metrics | --record | --replay | --scrub-command)
			[[ ${COMP_WORDS[i + 1]} != = ]] || ((i++))
			((i++))
			;;
		-*) ((ended)) && ((operands++)) ;;
		*) ((operands++)) ;;
		esac
	done
	if [[ $word == -* ]] && ((ended == 0)); then
		COMPREPLY=($(compgen -W '--all --debug --everything --foreground --json --no-autofsck --quiet --repair --supported
			-1 --oneshot -n --dry-run --escalate= --exec= --metrics= --scrub-command= --record= --replay= --ignore-kernel-defects --help
			-V --version' -- "$word"))
		[[ ${COMPREPLY-} != *= ]] || compopt -o nospace 2>/dev/null
	elif ((operands == 0)); then
		# What is quoted like a file name arrives as it is.
		compopt -o filenames 2>/dev/null
		_xfs_healer_mounts "$word" </proc/self/mounts
	fi
}

complete -F _xfs_healer xfs_healer
