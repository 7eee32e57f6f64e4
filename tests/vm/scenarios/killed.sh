# SPDX-License-Identifier: LGPL-2.1-or-later
# The healer is killed in the middle of 200 repairs; the next one heals what is left, though nothing touches it and the
# reports of it are gone.
fs full
storm 200
kill -KILL "$PID"
wait "$PID" || true
made=$(repairs symlink)
expect [ "$made" -lt 200 ]
expect_full_scrubs 1  # so much at once is more than single structures; the next healer finds what is known already
heal
all_are_repaired() { (($(rebuilds symlink) >= 200)); }
eventually 120 all_are_repaired
measure 'Killed in the middle of 200 repairs' "repairs before=$made" "repair calls in all=$(repairs symlink)"
expect_repairs symlink "$(repairs symlink)"
expect [ "$(repairs symlink)" -le 210 ]
clean
