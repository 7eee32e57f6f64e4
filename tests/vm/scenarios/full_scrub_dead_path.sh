# SPDX-License-Identifier: LGPL-2.1-or-later
# A directory of PATH that does not answer holds up the start of a full scrub, but nobody else: the filesystem can be unmounted
# meanwhile, the healer ends, and another healer can begin. Once there is an answer the full scrub is made.
in_background
serves /mnt/dead
dies "$SERVER"
printf '#!/bin/bash\nPATH=/mnt/dead:$PATH exec %s "$@"\n' "$HEALER" >/mnt/healer
chmod +x /mnt/healer
HEALER=/mnt/healer
fs plain
damage_ag 1 bnobt

heal
touch_ag 1 bnobt
expect_log "$MNT: starting a full scrub: a repair failed"
pause 3
BETWEEN=0.05 in_time 5 umount "$MNT"
expect_end 5

heal
touch_ag 1 bnobt
expect_log "$MNT: starting a full scrub: a repair failed"
refuse_log 'Full repairs'
revives "$SERVER"
expect_log "$MNT: Full repairs in progress."
expect_log "$MNT: full scrub finished: damage is left"
repairs_vary
expect_full_scrubs 1
unmount "$MNT"
expect_end "$END_LIMIT"
