# SPDX-License-Identifier: LGPL-2.1-or-later
# The healer is killed in the middle of 600 repairs; the next one heals what is left, though nothing touches it and the
# reports of it are gone.
fs full
marked() { compgen -G '/run/xfs_healer/running-*'; }  # so that the next one looks at every inode, however many there are
mkdir -p /run/xfs_healer
mount -t tmpfs tmpfs /run/xfs_healer  # of this scenario's own
storm 600
scrub_began() { (($(full_scrubs) == 1)); }
eventually "$PATIENCE" scrub_began  # so much at once is more than single structures; the next healer finds what is known already
kill -KILL "$PID"
wait "$PID" || true
made=$(repairs symlink)
expect [ "$made" -lt 600 ]
expect marked
expect_full_scrubs 1
heal
all_are_repaired() { (($(rebuilds symlink) >= 600)); }
eventually 120 all_are_repaired
measure 'Killed in the middle of 600 repairs' "repairs before=$made" "repair calls in all=$(repairs symlink)"
expect_repairs symlink "$(repairs symlink)"
expect [ "$(repairs symlink)" -le 630 ]
clean
refuse marked
