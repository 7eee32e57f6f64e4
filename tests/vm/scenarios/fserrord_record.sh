# SPDX-License-Identifier: LGPL-2.1-or-later
# What the kernel tells fserrord is recorded as it came, also on a filesystem that is watched. Replayed, by a user without privileges and
# with nothing mounted, from the file or from standard input, it is what was logged, with numbers for paths, each time the same, and as
# JSON. A disk that is full and a server that is down keep nobody from watching, and the log tells of them. With --exec and --metrics,
# too, it sleeps while nothing happens.
anybody=(setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all)
three_types
umask 077
cd "$MNT"
fserrord --record=recording --exec=/bin/true --metrics=metrics
cd - >/dev/null
umask 022
for mount in "$MNT: ext4" '/mnt/b: btrfs' '/mnt/down: xfs'; do eventually "$PATIENCE" grep -q "^$mount: watched for" "$ERRORS_LOG"; done
recorded() { grep -q 'fserrord recording 1' "$MNT/recording" 2>/dev/null; }
eventually "$PATIENCE" recorded
fserrord_sleeps
touch_dir d
fserrord_says "$MNT/d: filesystem error: Bad message"
pause 2  # what is reported right after a look is not looked up
reads_wrong "$MNT/f" 3
ext4_d=$(stat -c %i "$MNT/d") ext4_f=$(stat -c %i "$MNT/f") btrfs_f=$(stat -c %i /mnt/b/f)
use b
broken "$(sector_of "$MNT/f" 131072)" 8
refuse xfs_io -rd -c 'pread 128k 4k' "$MNT/f"
fserrord_says "$MNT/f: filesystem error: Input/output error"
use down
xfs_io -x -c shutdown "$MNT"
fserrord_complains "$MNT: the filesystem has shut down"
unmount "$MNT"
use fs
end_fserrord
expect [ "$(stat -c %a "$MNT/recording")" = 600 ]
cp "$MNT/recording" "$HERE/recording"
umount /mnt/b "$MNT"

# replay FILE [OPTION]: what is said on both streams.
replay() { "${anybody[@]}" "$FSERRORD" --replay="$@" 2>&1 || fail "--replay=$1 ended with $?"; }
replay - <"$HERE/recording" >"$HERE/first"
replay - <"$HERE/recording" >"$HERE/again"
copy=/tmp/fserrord_record.copy
cat "$HERE/recording" >$copy
chmod 644 $copy
replay $copy >"$HERE/by_name"
replay $copy --json >"$HERE/json"
rm $copy
expect cmp "$HERE/first" "$HERE/again"
expect cmp <(tail -n +2 "$HERE/first") <(tail -n +2 "$HERE/by_name")
expect grep -q '^standard input: recorded by fserrord .* on Linux ' "$HERE/first"
for line in "/mnt/fs: ext4: watched for errors of metadata and of direct I/O" \
	"/mnt/fs ino $ext4_d gen 0x[0-9a-f]+: filesystem error: Bad message" \
	"/mnt/fs ino $ext4_f gen 0x[0-9a-f]+: filesystem error: Bad address" \
	"/mnt/b ino $btrfs_f gen 0x[0-9a-f]+ subvolume 5: filesystem error: Input/output error" '/mnt/down: the filesystem has shut down'; do
	expect grep -Exq -- "$line" "$HERE/first"
done
expect grep -Eq '"event":"fs_error","class":"metadata","errno":74,"object":"inode:'"$ext4_d"':[0-9]+"' "$HERE/json"
refuse grep -q '/d:' "$HERE/first"

use fs
mount "$DEV" "$MNT"
mkdir "$HERE/small"
mount -t tmpfs -o size=4k tmpfs "$HERE/small"
full=$HERE/small/recording
while (($(stat -c %s "$full" 2>/dev/null || echo 0) < 3500)); do head -n 1 "$HERE/recording" >>"$full"; done
fserrord --record="$full"
fserrord_says "$MNT: ext4: watched for errors of metadata and of direct I/O"
not_recorded() {
	touch_dir d
	grep -Eqx "[0-9]+ reports were not recorded in $full: No space left on device" "$ERRORS_ERR"
}
eventually "$PATIENCE" not_recorded
fserrord_says "$MNT/d: filesystem error: Bad message"
end_fserrord
"$FSERRORD" --replay="$full" >"$HERE/full" 2>&1 || fail "$full is torn"
umount "$HERE/small"

serves /mnt/dead
dies "$SERVER"
fserrord --record=/mnt/dead/file
fserrord_says "$MNT: ext4: watched for errors of metadata and of direct I/O"
touch_dir d
fserrord_says "$MNT/d: filesystem error: Bad message"
fserrord_complains '/mnt/dead/file: does not answer; it is waited for'
kill -TERM "$ERRORS_PID"
in_time 10 fserrord_gone
revives "$SERVER"
umount "$MNT"
