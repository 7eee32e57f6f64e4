#compdef xfs_healer_start
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of xfs_healer_start for zsh.

_arguments -s -S : \
	'--debug[say also which mounts are seen and what is started]' \
	'--mountns=[watch the mount namespace of this file]:file:_files' \
	'--json[say everything as JSON]' \
	'--supported[only check that mounts can be watched]' \
	'(- :)--help[print the options]' \
	'(- :)'{-V,--version}'[print the version]'
