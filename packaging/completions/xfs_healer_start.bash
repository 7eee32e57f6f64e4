# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of xfs_healer_start for bash. Needs nothing else.

_xfs_healer_start()
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
	if [[ $option == --mountns ]]; then
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
	elif [[ $word == -* ]]; then
		COMPREPLY=($(compgen -W '--debug --json --mountns= --supported --help -V --version' -- "$word"))
		[[ ${COMPREPLY-} != *= ]] || compopt -o nospace 2>/dev/null
	fi
}

complete -F _xfs_healer_start xfs_healer_start
