# SPDX-License-Identifier: LGPL-2.1-or-later
# With --act something is done about damage also if the kernel tells of it only by adding one to the number of errors that wait, of
# which the first is no damage; of those that are no damage alone nothing is.
other ext4 -b 4096
fserrord --act
fserrord_says "$MNT: ext4: watched for errors of metadata and of direct I/O"
reads_wrong "$MNT/f"
pause 2
end_fserrord
fserrord_never_said 'e2fsck'

# only_counted: damage is reported behind another error. The kernel adds only what the same thread of it reports.
only_counted() {
	fserrord --act
	fserrord_says "$MNT: ext4: watched for errors of metadata and of direct I/O"
	kill -STOP "$ERRORS_PID"
	taskset -c 0 bash -c 'read_nowhere "$0/f" 50; echo x >"/sys/fs/ext4/$1/trigger_fs_error"' "$MNT" "${DEV#/dev/}"
	pause 1
	kill -CONT "$ERRORS_PID"
	fserrord_says "$MNT/f: filesystem error: Bad address"
	pause 3
	! grep -q 'needs cleaning' "$ERRORS_LOG" || { end_fserrord; return 1; }
}
eventually "$PATIENCE" only_counted
fserrord_says_like "^$MNT: errors of metadata that it has noted: [0-9]+; e2fsck checks it at the next boot"
fserrord_never_said 'needs cleaning'
end_fserrord
umount "$MNT"
