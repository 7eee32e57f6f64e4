# SPDX-License-Identifier: LGPL-2.1-or-later
# A btrfs that shuts down says so itself, and fserrord says it once.
other btrfs
fserrord
fserrord_says "$MNT: btrfs: watched for shutdowns and errors of direct I/O"
xfs_io -x -c shutdown "$MNT" 2>"$HERE/refused" || true
[[ ! -s $HERE/refused ]] || skip "this kernel shuts no btrfs down: $(head -n 1 "$HERE/refused")"
fserrord_complains "$MNT: the filesystem has shut down"
pause 3
expect [ "$(how_many "$MNT: the filesystem has shut down" "$ERRORS_ERR")" = 1 ]
end_fserrord
umount "$MNT"
