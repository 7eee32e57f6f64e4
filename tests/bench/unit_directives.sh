# SPDX-License-Identifier: LGPL-2.1-or-later
# What each directive of the unit of the healer costs at a start: the unit without it, beside the whole.
alone
. /vm/lib/starts.sh
use directives
fs full
variant ours "$OURS"
keys=$(sed -n '/^PrivateMounts=/,/^SystemCallErrorNumber=/s/^\([A-Za-z]*\)=.*/\1/p' "$OURS" | sort -u)
for key in CapabilityBoundingSet NoNewPrivileges RuntimeDirectory $keys; do variant "no-$key" "$OURS" "/^$key=/d"; done
starts 1
