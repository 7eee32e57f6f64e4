# SPDX-License-Identifier: LGPL-2.1-or-later
# umount is tried every 100 ms during a storm of repairs and gets through within two seconds. (So much damage at once would also
# start a full scrub, which holds the mount; other scenarios are about that.)
alone
fs full
no_scrub=(--escalate=1000/1m)
[[ $HEALER != "$C_HEALER" ]] || no_scrub=()
storm 600 "${no_scrub[@]}"
in_time 2 umount "$MNT"
expect_end "$END_LIMIT"
expect_log "$MNT: filesystem unmounted"
made=$(repairs symlink)
measure 'Unmount in a storm' "repairs before it=$made" "damaged=600"
expect [ "$made" -lt 600 ]
expect_repairs symlink "$made"
