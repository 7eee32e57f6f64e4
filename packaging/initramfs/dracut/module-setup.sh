#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Puts into the image what heals the root filesystem; into one for this machine alone only if it needs an XFS.
#
# shellcheck disable=SC2154  # what dracut sets

healer=/usr/libexec/xfsprogs/xfs_healer

check() {
	local type
	# That of xfsprogs may lie there instead, which cannot look only once.
	if ! "${dracutsysrootdir-}$healer" --help 2>/dev/null | grep -q -- --oneshot; then
		dwarn "$healer knows no --oneshot, the root filesystem will not be healed in the initramfs"
		return 1
	fi
	[[ ${hostonly-} || ${mount_needs-} ]] || return 0
	for type in "${host_fs_types[@]}"; do
		[[ $type != xfs ]] || return 0
	done
	return 255
}

depends() {
	echo base
}

install() {
	inst_multiple "$healer" "${healer}_root" mount sleep
	# Before /usr is mounted, and after an overlay may have covered the root filesystem.
	inst_hook pre-pivot 20 "$moddir/heal-root.sh"
}
