# SPDX-License-Identifier: LGPL-2.1-or-later
# With --json the healer says the same as one object a line, on standard output: from a header to the end, numbered without a gap,
# with the identity of the filesystem and a key of the structure, and a path as it is.
[[ $HEALER != "$C_HEALER" ]] || skip '7.2.0 has no JSON'
fs full
mount_fs
make_dir dü 200
umount_fs
damage_dir dü
damage_ag 1 bnobt
mount_fs
lines=$HERE/json  # which tests/vm/json checks
"$HEALER" --json "$MNT" >"$lines" 2>"$ERR" &
PID=$!
echo "$PID" >"$HERE/$FS.pid"
said() { eventually "$PATIENCE" grep -Eq -- "$1" "$lines"; }
said '"event":"running"'
touch_ag 1 bnobt
touch_dir dü
uuid=$(blkid -s UUID -o value "$DEV")
about="\"mount\":\"$MNT\",\"fs_uuid\":\"$uuid\",\"dev\":\"$(lsblk -dno MAJ:MIN "$DEV" | tr -d ' ')\""
said "^\{\"v\":1,\"kind\":\"repair\",\"priority\":5,\"seq\":[0-9]+,\"time\":\"20[^\"]*Z\",$about,\"notice\":\"repaired\",\"domain\":\"ag\",\"object\":\"ag:1:bnobt\",\"agno\":1,\"structure\":\"bnobt\",\"scrub_type\":5,\"message\":\"$MNT agno 0x1 bnobt: Repairs successful.\"\}\$"
said '"notice":"repaired".*"path":"/dü"'
expect_repairs bnobt 1
expect_repairs directory 1
umount_fs
expect_end 1
said '^\{"v":1,"kind":"end",.*"exit_code":0\}$'
expect test ! -s "$ERR"
head -n 1 "$lines" | grep -q '"kind":"header"' || fail 'no header'
numbers=$(sed 's/.*,"seq":\([0-9]*\),"time".*/\1/' "$lines" | tr '\n' ' ')
[[ $numbers == "$(seq -s ' ' 0 $(($(wc -l <"$lines") - 1))) " ]] || fail "numbers: $numbers"
expect_clean
