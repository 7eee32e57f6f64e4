# SPDX-License-Identifier: LGPL-2.1-or-later
# With little address space (RLIMIT_AS), and in a group of processes that may use little memory, the healer heals, or says why not.
lasts 3000
. /vm/scenarios/limited.sh
address_space() { ulimit -v "$1"; exec "${@:2}"; }
for kib in 2600 2800 3000 3200 3400 3600 3800 4000 4300 4600 5000 5500 6000 7000 8000 10000 12000 16000 32000 80000 160000; do
	try "address space ${kib}K" address_space "$kib"
done

mkdir -p "$HERE/cgroup"
mount -t cgroup2 none "$HERE/cgroup"
echo +memory >"$HERE/cgroup/cgroup.subtree_control"
group=$HERE/cgroup/$NAME
mkdir -p "$group"
in_group() { echo "$BASHPID" >"$group/cgroup.procs"; exec "$@"; }
MAY_BE_KILLED=1
for kib in 256 512 768 1024 1536 2048 4096 8192; do
	echo "${kib}K" >"$group/memory.max"
	try "memory ${kib}K" in_group
done
no_faults
