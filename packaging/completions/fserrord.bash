# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of fserrord for bash. Needs nothing else.

_fserrord()
{
	local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} option
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
	--exec | --metrics | --record | --replay)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return
		;;
	esac
	[[ $word != -* ]] || COMPREPLY=($(compgen -W '--act --debug --exec= --json --list --metrics= --record= --replay= --help -V --version' -- "$word"))
	[[ ${COMPREPLY-} != *= ]] || compopt -o nospace 2>/dev/null
}

complete -F _fserrord fserrord
