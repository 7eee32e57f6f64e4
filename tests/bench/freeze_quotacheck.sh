# SPDX-License-Identifier: LGPL-2.1-or-later
# How long a repair of the quota counters runs, and fsfreeze waits for it.
alone
. /vm/scenarios/freeze.sh
options uquota
mount_fs
for how in read cached ended; do
	edit 'dquot -u 0' 'write -d diskdq.bcount 99'
	measured quotacheck "$how"
done
