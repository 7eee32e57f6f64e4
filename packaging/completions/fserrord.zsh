#compdef fserrord
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of fserrord for zsh.

_arguments -s -S : \
	'--act[start a healer for an XFS with errors, and a check of a btrfs or an ext4]' \
	'--debug[say also which mounts are seen]' \
	'--json[say everything as JSON]' \
	'--list[only list the mounted filesystems, and what each reports]' \
	'(- :)--help[print the options]' \
	'(- :)'{-V,--version}'[print the version]'
