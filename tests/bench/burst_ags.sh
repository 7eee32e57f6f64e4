# SPDX-License-Identifier: LGPL-2.1-or-later
# The free space btrees by block number of 18 AGs of 19, each checked once.
alone
. /vm/scenarios/burst.sh
COUNT=18
touch_all() {
	local agno
	for ((agno = 1; agno <= COUNT; agno++)); do touch_ag "$agno" bnobt; done
}
SIZE=2G  # a log must fit into an AG
fs full -d agcount=19
mount_fs
umount_fs
for ((agno = 1; agno <= COUNT; agno++)); do damage_ag "$agno" bnobt; done
burst '18 AG btrees'
