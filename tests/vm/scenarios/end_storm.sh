# SPDX-License-Identifier: LGPL-2.1-or-later
# umount is tried every 100 ms during a storm of repairs and gets through within two seconds.
fs full
mount_fs
for i in {1..200}; do make_symlink "s$i"; lost "s$i"; done
damage=()
for i in {1..200}; do damage+=("path /s$i" 'dblock 0' 'blocktrash -s 1 -o 16384 -n 1 -x 64 -y 64 -3 -z'); done
edit "${damage[@]}"
heal
kill -STOP "$PID"
readlink "$MNT"/s* >/dev/null || true
kill -CONT "$PID"
expect_log_like ': Repairs successful\.$'
eventually 2 umount "$MNT"
expect_end "$END_LIMIT"
expect_log "$MNT: filesystem unmounted"
made=$(repairs symlink)
measure 'Unmount in a storm' "repairs before it=$made" "damaged=200"
expect [ "$made" -lt 200 ]
expect_repairs symlink "$made"
