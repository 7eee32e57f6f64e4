# SPDX-License-Identifier: LGPL-2.1-or-later
# Where no thread, or hardly any, can be started (pids.max of its group of processes) the healer heals, or says why not.
lasts 3000
. /vm/scenarios/limited.sh
mkdir -p "$HERE/cgroup"
mount -t cgroup2 none "$HERE/cgroup"
echo +pids >"$HERE/cgroup/cgroup.subtree_control"
group=$HERE/cgroup/$NAME
mkdir -p "$group"
in_group() { echo "$BASHPID" >"$group/cgroup.procs"; exec "$@"; }
for number in 1 2 3 4 5; do
	echo "$number" >"$group/pids.max"
	try "$number threads" in_group
done
no_faults
