# SPDX-License-Identifier: LGPL-2.1-or-later
# 300 damaged remote symlinks, each read once.
alone
. /vm/scenarios/burst.sh
COUNT=300
touch_all() { touch_symlinks; }
fs full
damage_symlinks "$COUNT"
burst '300 symlinks'
