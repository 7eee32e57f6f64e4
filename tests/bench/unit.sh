# SPDX-License-Identifier: LGPL-2.1-or-later
# How long the unit of the healer takes to start, beside that of xfsprogs 7.2, with its program and with ours, and without the
# question before it.
alone
. /vm/lib/starts.sh
use unit
fs full
variant ours "$OURS"
variant 7.2 "$THEIRS" 's|/xfs_healer |/xfs_healer.xfsprogs |'
variant 7.2-runs-ours "$THEIRS"
variant ours-unasked "$OURS" /^ExecCondition=/d
variant 7.2-unasked "$THEIRS" 's|/xfs_healer |/xfs_healer.xfsprogs |; /^ExecCondition=/d'
starts 6
