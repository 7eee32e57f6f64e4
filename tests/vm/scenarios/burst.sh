# SPDX-License-Identifier: LGPL-2.1-or-later
# Thirty damaged symlinks are read at once. Where the administrator has said that so many call for it, one full scrub is
# started, which is said with the reason; each is healed all the same, by whoever comes first. Where nothing was said none
# is started.
real_xfs_scrub
burst() {
	fs full
	damage_symlinks 30
	heal "$@"
	touch_symlinks
}
burst --escalate=20/10m
expect_log_like "^$MNT: starting a full scrub: much was reported damaged in a short time\$"
expect_log "$MNT: Full repairs in progress."
PATIENCE=150 full_scrub_ends
all_can_be_read() { readlink "$MNT"/s{1..30}; }
eventually "$PATIENCE" all_can_be_read
repairs_vary
clean
expect [ "$(full_scrubs)" = 1 ]
use default
burst
all_healed() { (($(how_many ' symlink: Repairs successful\.$' "$LOG") == 30)); }
eventually "$PATIENCE" all_healed
expect_repairs symlink 30
clean
refuse_log 'full scrub'
expect_full_scrubs 1
