# SPDX-License-Identifier: LGPL-2.1-or-later
# One healer for 100, 200 and 400 filesystems: what each more costs, how soon all are watched, and what it needs when it is idle.
alone
fs full -d agcount=2
watched=0
heal_all
ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$ALL_PID/stat"; }
private() { awk '/^(Private_Clean|Private_Dirty):/ { kib += $2 } END { print kib }' "/proc/$ALL_PID/smaps_rollup"; }
one_thread() { (($(ls "/proc/$ALL_PID/task" | wc -l) == 1)); }
for count in 100 200 400; do
	many $((watched + 1)) "$count" "$IMG"
	all_monitored "$count"
	kill -TERM "$ALL_PID"
	eventually "$PATIENCE" all_gone
	wait "$ALL_PID" || true
	stopwatch
	heal_all
	BETWEEN=0.05 all_monitored "$count"
	start=$(elapsed)
	eventually 60 one_thread
	before=$(ticks)
	sleep 60  # of the guest's own clock
	measure 'One healer for many filesystems' "filesystems=$count" "until all are watched, ms=$start" "private KiB=$(private)" \
		"descriptors=$(ls "/proc/$ALL_PID/fd" | wc -l)" \
		"ticks in an idle minute=$(($(ticks) - before))"
	watched=$count
done
end_all
for dir in /mnt/many/*; do umount "$dir"; done
