# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of fserrord for bash. Needs nothing else.

_fserrord()
{
	local word=${COMP_WORDS[COMP_CWORD]}
	COMPREPLY=()
	[[ $word != -* ]] || COMPREPLY=($(compgen -W '--act --debug --json --list --help -V --version' -- "$word"))
}

complete -F _fserrord fserrord
