#compdef fserrord
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of fserrord for zsh.

_arguments -s -S : \
	'(--replay)--act[start a healer for an XFS with errors, and a check of a btrfs or an ext4]' \
	'--debug[say also which mounts are seen]' \
	'(--list --replay)--exec=[run this program for errors, and what is done about them]:program:_files -g "*(-*)"' \
	'--json[say everything as JSON]' \
	'(--record --exec --metrics --replay)--list[only list the mounted filesystems, and what each reports]' \
	'(--list --replay)--metrics=[keep metrics for Prometheus in this file]:file:_files' \
	'(--list --replay)--record=[append what the kernel says to a file]:file:_files' \
	'(--record --exec --metrics --act --list)--replay=[say what was recorded in a file]:file:_files' \
	'(- :)--help[print the options]' \
	'(- :)'{-V,--version}'[print the version]'
