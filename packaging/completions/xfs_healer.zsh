#compdef xfs_healer
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of xfs_healer for zsh.

# Where an XFS is mounted.
_xfs_healer_mounts() {
	local -a fields mounts
	local expl line
	for line in ${(f)"$(</proc/self/mounts)"}; do
		fields=(${=line})
		[[ $fields[3] != xfs ]] || mounts+=(${(g:o:)fields[2]})
	done
	_wanted mounts expl 'mount point of an XFS' compadd -a mounts
}

_xfs_healer_scrub_command() {
	_alternative 'words:word:((none\:never\ scrub))' 'commands:command:_command_names -e'
}

_arguments -s -S : \
	'(-1 --oneshot :)--all[monitor every XFS that is mounted, now and later]' \
	'--debug[say also what is started]' \
	'--everything[report also what the kernel finds healthy]' \
	'--foreground[repair with one thread for each CPU]' \
	'--no-autofsck[do not let the property autofsck decide]' \
	'--quiet[do not print health events]' \
	'--repair[repair what is damaged]' \
	'--json[say everything as JSON]' \
	'(--replay)--exec=[run this program for repairs, losses, and what is left damaged]:program:_files -g "*(-*)"' \
	'(--replay)--metrics=[keep metrics for Prometheus in this file]:file:_files' \
	'--supported[only check that the filesystem can be monitored]' \
	'(-1 --oneshot --all)'{-1,--oneshot}'[look for damage once, repair it, and exit as fsck does]' \
	'(-n --dry-run)'{-n,--dry-run}'[say what would be repaired or scrubbed, and do neither]' \
	'--escalate=[scrub after more than N damaged structures in TIME]:N/TIME:(100/10m)' \
	'--scrub-command=[run this, with the mount point, as full scrub]:command:_xfs_healer_scrub_command' \
	'(-1 --oneshot --replay)--record=[append what the kernel says to a file]:file:_files' \
	'(-1 --oneshot --all --supported --record --exec --metrics :)--replay=[say what was recorded in a file]:file:_files' \
	'--ignore-kernel-defects[repair even where this kernel would crash]' \
	'(- :)--help[print the options]' \
	'(- :)'{-V,--version}'[print the version]' \
	'1:mount point:_xfs_healer_mounts'
