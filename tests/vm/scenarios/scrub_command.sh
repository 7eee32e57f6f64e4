# SPDX-License-Identifier: LGPL-2.1-or-later
# --scrub-command says what is run as a full scrub, with the mount point behind it; its exit code is read as that of
# xfs_scrub. One that had trouble of its own has judged nothing, and calls for no offline repair. Of what it prints the log gets no
# more than it can bear. With "none" nothing is run.
cat >/mnt/scrub <<'END'
#!/bin/bash
echo "${0##*/} $*" >>/mnt/.full_scrubs
printf 'found \e[1msomething\n'
for ((i = 0; i < 5000; i++)); do echo "Unicode name \"$i\" could be confused with another"; done
echo 'Unmount and run xfs_repair.'
exit 3
END
chmod +x /mnt/scrub
fs plain
damage_ag 1 bnobt
heal --scrub-command='/mnt/scrub -x  -y'
touch_ag 1 bnobt
expect_log "$MNT: starting a full scrub: a repair failed"
expect_log "$MNT: Full repairs in progress."
expect_log "$MNT: xfs_scrub: \"found \\x1b[1msomething\""
expect_log "$MNT: xfs_scrub: \"Unicode name \"98\" could be confused with another\""
expect_log "$MNT: xfs_scrub: 4892 more lines are not shown"
expect_log "$MNT: xfs_scrub: \"Unicode name \"4991\" could be confused with another\""
expect_log "$MNT: xfs_scrub: \"Unmount and run xfs_repair.\""
expect_log "$MNT: full scrub finished: damage is left, something could be optimised"
refuse_log 'Unicode name "(99|4990)"'
expect_log_like "^$MNT agno 0x1 bnobt: offline repair needed: "
expect grep -Fxq "scrub -x -y $MNT" "$FULL_SCRUBS"
expect_repairs bnobt 1
unmount "$MNT"
expect_end "$END_LIMIT"

use trouble
cat >/mnt/troubled <<'END'
#!/bin/bash
echo "${0##*/} $*" >>/mnt/.full_scrubs
exit 4
END
chmod +x /mnt/troubled
fs plain
damage_ag 1 bnobt
heal --scrub-command=/mnt/troubled
touch_ag 1 bnobt
expect_log "$MNT: full scrub finished: it ran into trouble of its own"
eventually "$PATIENCE" still 3 news
refuse_log 'offline repair needed'
expect_repairs bnobt 1
unmount "$MNT"
expect_end "$END_LIMIT"

use missing
fs plain
damage_ag 1 bnobt
heal --scrub-command=/nonexist
touch_ag 1 bnobt
expect_err "$MNT: cannot run /nonexist for a full scrub: No such file or directory"
expect_repairs bnobt 1
unmount "$MNT"
expect_end "$END_LIMIT"

use none
fs plain
damage_ag 1 bnobt
heal --scrub-command=none
touch_ag 1 bnobt
expect_log_like "^$MNT agno 0x1 bnobt: offline repair needed: "
eventually "$PATIENCE" still 3 news
refuse_log 'full scrub|Full repairs'
expect_repairs bnobt 1
unmount "$MNT"
expect_end "$END_LIMIT"
expect_full_scrubs 2
