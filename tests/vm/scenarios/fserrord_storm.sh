# SPDX-License-Identifier: LGPL-2.1-or-later
# A hundred thousand errors in a row are some lines and a count: none is lost unsaid, memory is bounded and idle there is one thread
# that makes no system call.
fs full
mount_fs
seq 100000 >"$MNT/f"
sync
fserrord
fserrord_says "$MNT: xfs: watched for errors of metadata and of file data"
memory() { awk '/^Anonymous:/ { print $2 }' "/proc/$ERRORS_PID/smaps_rollup"; }
eventually 30 fserrord_is_one_thread
before=$(memory)
PID=$ERRORS_PID
spent=$(cpu_time)
reads_wrong "$MNT/f" 100000
eventually "$PATIENCE" has_heard "$MNT" 100000
measure 'Storm of 100000 errors' "cpu ms=$(($(cpu_time) - spent))" "lines=$(wc -l <"$ERRORS_LOG")" "anonymous KiB before=$before" "after=$(memory)"
expect [ "$(how_many ': filesystem error\|filesystem errors' "$ERRORS_LOG")" -le 12 ]
expect [ "$(memory)" -le $((before + 256)) ]
fserrord_sleeps
end_fserrord
# What was said one by one, what came again, and what the kernel has counted are all there was.
said=$(awk '/: filesystem error: Bad address(: once more)?$/ { n++ } match($0, /: [0-9]+ more times$/) { n += substr($0, RSTART + 2) } match($0, /: [0-9]+ more filesystem errors/) { n += substr($0, RSTART + 2) } END { print n }' "$ERRORS_LOG")
expect [ "$said" = 100000 ]
unmount "$MNT"
