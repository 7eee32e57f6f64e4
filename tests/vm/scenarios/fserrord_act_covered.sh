# SPDX-License-Identifier: LGPL-2.1-or-later
# The btrfs that has reported an error is scrubbed, and not what is mounted over it at the moment when the scrub starts; and what came of
# that is not said of what is there then.
other btrfs -d single
on_mapper_again
mkdir -p "$HERE/bin"
cat >"$HERE/bin/btrfs" <<END
#!/bin/bash
echo "\$@" >>"$HERE/scrubs"
mount -t tmpfs over "$MNT"
exec /usr/bin/btrfs "\$@"
END
chmod +x "$HERE/bin/btrfs"
PATH=$HERE/bin:$PATH fserrord --act
fserrord_says "$MNT: btrfs: watched for shutdowns and errors of direct I/O"
broken "$(sector_of "$MNT/f" 131072)" 8
refuse xfs_io -rd -c 'pread 128k 4k' "$MNT/f"
fserrord_says "$MNT: a scrub is started"
eventually "$PATIENCE" grep -Exq -- "$MNT \(covered, [0-9]+:[0-9]+\): the scrub is over; it found errors that it cannot correct" "$ERRORS_ERR"
expect [ "$(wc -l <"$HERE/scrubs")" = 1 ]
expect [ "$(stat -f -c %T "$MNT")" = tmpfs ]
end_fserrord
umount "$MNT"
unmount "$MNT"
