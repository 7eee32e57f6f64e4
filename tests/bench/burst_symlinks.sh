# SPDX-License-Identifier: LGPL-2.1-or-later
# 300 damaged remote symlinks, each read once.
alone
. /vm/scenarios/burst.sh
burst_of_symlinks 300
