# SPDX-License-Identifier: LGPL-2.1-or-later
# What the kernel says while a filesystem is healed is recorded. Replayed, by a user without privileges and with nothing mounted,
# from the file or from standard input, it is what a dry run would have said, with what the repairs came to, each time the same.
# Nothing is recorded on the filesystem itself, which would hold it, nor into a file of somebody else, who could lock it or read
# along. That, and a disk that is full, keeps nobody from healing, and the log tells of it.
[[ $HEALER != "$C_HEALER" ]] || skip '7.2.0 does not record'
anybody=(setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all)
fs full
mount_fs
make_dir d 200
damage_dir d
damage_ag 1 bnobt
damage_ag 2 cntbt
mount_fs
touch_ag 2 cntbt
heal --record="$HERE/recording"
touch_ag 1 bnobt
touch_dir d
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
expect_log "$MNT/d directory: Repairs successful."
# What a look has found of before the start is in it, too. Of a recording that goes on the last frame may be torn.
looked() { "$HEALER" --replay="$HERE/recording" --debug 2>&1 | grep -q 'look Deep: Complete'; }
eventually "$PATIENCE" looked
expect_log "$MNT agno 0x2 cntbt: Repairs successful."
expect_repairs bnobt 1
expect_repairs directory 1
clean

replay() { "${anybody[@]}" "$HEALER" --replay="$1" || fail "--replay=$1 ended with $?"; }
replay - <"$HERE/recording" >"$HERE/first" 2>"$HERE/first.err"
replay - <"$HERE/recording" >"$HERE/again"
copy=/tmp/record_replay.copy
cat "$HERE/recording" >$copy
chmod 644 $copy
replay $copy >"$HERE/by_name"
rm $copy
expect [ ! -s "$HERE/first.err" ]
expect cmp "$HERE/first" "$HERE/again"
expect cmp <(tail -n +2 "$HERE/first") <(tail -n +2 "$HERE/by_name")
for line in "$MNT: monitoring started" "$MNT agno 0x1 bnobt: sick" "$MNT agno 0x1: would repair: bnobt" \
	"$MNT agno 0x1 bnobt: healthy" "$MNT agno 0x1 bnobt: its repair then: successful" "$MNT agno 0x2: would repair: cntbt" "$MNT: filesystem unmounted"; do
	expect grep -Fxq "$line" "$HERE/first"
done
expect grep -Eq "^$MNT ino [0-9]+ gen 0x[0-9a-f]+: would repair: directory\$" "$HERE/first"
expect grep -q '^standard input: recorded by xfs_healer .* on Linux ' "$HERE/first"
refuse grep -q 'Repairs successful' "$HERE/first"

mkdir "$HERE/elsewhere"
mount_fs
mount --bind "$MNT" "$HERE/elsewhere"
for place in "$MNT" "$HERE/elsewhere"; do
	heal --record="$place/recording"
	expect_err "$MNT: cannot record in $place/recording: it is on this filesystem, which it would hold and change"
	dismiss
done
expect [ ! -e "$MNT/recording" ]
unmount "$HERE/elsewhere"
unmount "$MNT"

planted=/tmp/record_replay.planted
"${anybody[@]}" flock --no-fork "$planted" sleep 1000 &
planter=$!
eventually "$PATIENCE" test -e "$planted"
damage_ag 1 cntbt
heal --record="$planted"
expect_err "$MNT: cannot record in $planted: it belongs to another user"
touch_ag 1 cntbt
expect_log "$MNT agno 0x1 cntbt: Repairs successful."
clean
expect [ ! -s "$planted" ]
kill $planter
rm "$planted"

mkdir "$HERE/small"
mount -t tmpfs -o size=4k tmpfs "$HERE/small"
full=$HERE/small/recording
while (($(stat -c %s "$full" 2>/dev/null || echo 0) < 3500)); do head -n 1 "$HERE/recording" >>"$full"; done
damage_ag 3 cntbt
heal --record="$full"
for i in 1 2 3; do touch_ag 3 cntbt; done
expect_log "$MNT agno 0x3 cntbt: Repairs successful."
expect_repairs cntbt 3
eventually "$PATIENCE" grep -q "^$MNT: [0-9]* reports were not recorded in $full: No space left on device\$" "$ERR"
clean
"$HEALER" --replay="$full" >"$HERE/full" 2>&1 || fail "$full is torn"
umount "$HERE/small"
