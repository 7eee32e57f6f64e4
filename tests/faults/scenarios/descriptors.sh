# SPDX-License-Identifier: LGPL-2.1-or-later
# With few descriptors (RLIMIT_NOFILE) the healer heals, or says why not.
lasts 3000
. /vm/scenarios/limited.sh
descriptors() { ulimit -n "$1"; exec "${@:2}"; }
for ((number = 3; number <= 20; number++)); do try "$number descriptors" descriptors "$number"; done
no_faults
