# SPDX-License-Identifier: LGPL-2.1-or-later
# Somebody else's xfs_scrub is at work on the filesystem when a full scrub is wanted: it is waited for, and ours follows where it
# has left the damage; until then nothing is said to need offline repair, and what a scrub finds is healed after a minute, though the
# other one has stopped. A process that anybody calls xfs_scrub holds nothing up.
in_background
scrub_is_wanted() {
	repairs_vary  # it is tried again 10 s later, if it is not over by then
	touch_ag 1 bnobt
	expect_log "$MNT: starting a full scrub: a repair failed"
}
ends() {
	expect_log "$MNT: full scrub finished: damage is left"
	expect_log_like "^$MNT agno 0x1 bnobt: offline repair needed: "
	unmount "$MNT"
	expect_end "$END_LIMIT"
}

# killed before it has judged anything
use left
fs plain
damage_ag 1 bnobt
edit 'path /one/lines.ab' 'write -d core.nlinkv2 5'
heal
others_scrub -n
scrub_is_wanted
expect_log "$MNT: another xfs_scrub (pid $OTHER) is running; waiting for it."
scrub nlinks
expect_log "$MNT nlinks: corrupt"
expect_healed_after_grace ' nlinks'
expect [ "$(repairs nlinks)" = 1 ]
none_of_ours() { (($(full_scrubs left) == 0)); }
always 5 none_of_ours
refuse_log 'in progress|full scrub finished|offline repair needed'
kill -KILL "$OTHER"
expect_log "$MNT: the other xfs_scrub has ended; ours follows if it is still wanted"
refuse_log 'in progress|offline repair needed'
PATIENCE=120 expect_log "$MNT: Full repairs in progress."
ends
expect [ "$(how_many ': another xfs_scrub' "$LOG")" = 1 ]

use anybody
fs plain
damage_ag 1 bnobt
heal
cp "$(type -P sleep)" "$HERE/xfs_scrub"
setpriv --reuid=1000 --regid=1000 --clear-groups "$HERE/xfs_scrub" 1000 7<"$MNT" &
other=$!
is_called_so() { [[ $(</proc/"$other"/comm) == xfs_scrub ]]; }
eventually "$PATIENCE" is_called_so
expect holds "$other"
scrub_is_wanted
expect_log "$MNT: Full repairs in progress."
refuse_log 'another xfs_scrub'
kill "$other"
ends
expect_full_scrubs 2
