# SPDX-License-Identifier: LGPL-2.1-or-later
# The healer is killed at fifty random moments of storms of damage, and started again each time: all is healed at the end.
lasts 3000
repairs_vary
mkdir -p /run/xfs_healer
mount -t tmpfs tmpfs /run/xfs_healer  # of this scenario's own
RANDOM=${SEED:-1}
kills=0
for round in 1 2 3 4 5; do
	use "round$round"
	repairs_vary
	fs full
	damage_symlinks 400
	mount_fs
	for ((kill = 0; kill < 10; kill++)); do
		"$HEALER" "$MNT" >>"$LOG" 2>>"$ERR" &
		PID=$!
		((kill % 3)) || { touch_symlinks & }
		pause "$(printf '%d.%03d' $((RANDOM % 2)) $((RANDOM % 1000)))"
		kill -KILL "$PID"
		wait "$PID" || true
		kills=$((kills + 1))
	done
	healed_before=$(how_many 'Repairs successful' "$LOG")
	heal
	wait_quiet() { still 12 news; }
	eventually 400 wait_quiet
	measure 'Killed often' "round=$round" "kills=10" "said healed before the last start=$healed_before" "repair calls in all=$(repairs symlink)"
	clean
done
expect [ "$kills" = 50 ]
expect_full_scrubs "$(full_scrubs)"
