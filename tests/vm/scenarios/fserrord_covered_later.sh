# SPDX-License-Identifier: LGPL-2.1-or-later
# The errors of a filesystem that another one was mounted over since are not said to be that one's, and with --act it is said once that
# nothing can be done for it, and why. Where it can be seen again, it is as it was.
other ext4 -b 4096
device=$(mountpoint -d "$MNT")
damage() { echo x >"/sys/fs/ext4/${DEV#/dev/}/trigger_fs_error"; }
fserrord --act
fserrord_says "$MNT: ext4: watched for errors of metadata and of direct I/O"
mount -t tmpfs over "$MNT"
for errors in 1 2 3; do
	damage
	eventually "$PATIENCE" grep -Eq "^$MNT \(covered, $device\): filesystem error: Structure needs cleaning" "$ERRORS_LOG"
	pause 1
done
fserrord_complains "$MNT (covered, $device): nothing can be done about its errors: another mount covers it"
kill -USR1 "$ERRORS_PID"
fserrord_says "$MNT (covered, $device): errors up to now: $errors"
fserrord_never_said "^$MNT: (filesystem error|errors)"
expect [ "$(how_many 'nothing can be done' "$ERRORS_ERR")" = 1 ]

umount "$MNT"
pause 10  # searches that find nothing are no closer together
damage
fserrord_says_like "^$MNT: errors of metadata that it has noted: [0-9]+; e2fsck checks it at the next boot"
kill -USR1 "$ERRORS_PID"
fserrord_says "$MNT: errors up to now: $((errors + 1))"
end_fserrord
umount "$MNT"
