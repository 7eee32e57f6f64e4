# SPDX-License-Identifier: LGPL-2.1-or-later
# How long a repair of link counts runs, and fsfreeze waits for it.
alone
. /vm/scenarios/freeze.sh
for how in read cached ended; do
	edit 'path /d0/f0' 'write -d core.nlinkv2 5'
	measured nlinks "$how"
done
