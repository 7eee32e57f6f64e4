# SPDX-License-Identifier: LGPL-2.1-or-later
# The device fails under a file that four processes read with direct I/O for 20 s: so many errors that the kernel's queue
# overflows. What is lost might have been about metadata; a look finds that it was not, and no full scrub is started. The log
# has a few of the errors and a count of the rest.
alone
reads=()
for ((i = 0; i < 450; i++)); do reads+=(-c 'pread 128k 4k' -c 'pread 144k 4k'); done  # apart, or the kernel makes one event of two
storm_of_errors() {
	fs full
	on_mapper
	mount_fs
	seq 60000 >"$MNT/f"
	forget_pages
	heal
	broken "$(sector_of "$MNT/f" 131072)" 128
	for reader in 1 2 3 4; do over_and_over xfs_io -rd "${reads[@]}" "$MNT/f"; done
	pause 20
	at_rest
	! under_test || eventually "$PATIENCE" still 12 news  # a look follows 10 s after the last loss
	measure 'Storm of direct I/O errors' "program=$(program)" "events=$(events)" "events lost=$(events_lost)" \
		"full scrubs=$(full_scrubs "$FS")" "lines logged=$(logged)"
	if [[ $HEALER == "$C_HEALER" ]]; then
		dismiss
	else
		kill "$PID"
		wait "$PID"
		expect grep -Eq ' more reports of file errors$' "$LOG"
		expect [ "$(logged)" -lt 100 ]
	fi
}
rivals storm_of_errors
pause 1
expect_full_scrubs "$(full_scrubs)"
expect [ "$(full_scrubs ours)" = 0 ]
