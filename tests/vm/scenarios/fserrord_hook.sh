# SPDX-License-Identifier: LGPL-2.1-or-later
# --exec of fserrord runs a program for errors, a shutdown and what --act does about them: with words, exactly the variables that are
# promised and a line of JSON, once an hour for the same thing, with all privileges, and not for what is the caller's own doing. It may
# lie on what is watched; one on a server that is down holds up nothing.
all=$(awk '$1 == "CapBnd:" { print $2 }' /proc/self/status)
mkdir "$HERE/told"
cat >"$HERE/hook" <<END
#!/bin/bash
exec 9>"$HERE/told/\$(ls "$HERE/told" | wc -l).\$1"
{ echo "\$#" "\$@"; pwd; tr '\\0' '\\n' </proc/\$\$/environ; cat; echo; grep -E '^(CapEff|NoNewPrivs|SigIgn|Umask)' /proc/self/status; } >&9
echo "said of \$1"
END
chmod +x "$HERE/hook"
# told EVENT REGEX: a program for it has written such a line.
told() { grep -Exqs -- "$2" "$HERE"/told/*."$1"; }
# times EVENT: how often it was run for that.
times() { find "$HERE/told" -name "*.$1" | wc -l; }

three_types
cp "$HERE/hook" "$MNT/hook"
umask 077
fserrord --act --exec="$MNT/hook"
umask 022
for mount in "$MNT: ext4" '/mnt/b: btrfs' '/mnt/down: xfs'; do eventually "$PATIENCE" grep -q "^$mount: watched for" "$ERRORS_LOG"; done
touch_dir d
eventually "$PATIENCE" told error "2 error $MNT"
fserrord_says "$MNT: hook: \"said of error\""
ino=$(stat -c %i "$MNT/d") device=$(stat -c %Hd:%Ld "$MNT")
for line in / "PATH=/usr/local/sbin:.*" FSERRORD_VERSION=1 FSERRORD_EVENT=error "FSERRORD_MOUNT=$MNT" "FSERRORD_DEVICE=$device" \
	"FSERRORD_OBJECT=inode:$ino:[0-9]+" "FSERRORD_INO=$ino" 'FSERRORD_GEN=[0-9]+' FSERRORD_PATH=/d FSERRORD_CLASS=metadata FSERRORD_ERRNO=74 \
	"FSERRORD_MESSAGE=$MNT/d: filesystem error: Bad message" FSERRORD_PRIORITY=4 "CapEff:.$all" 'NoNewPrivs:.0' 'SigIgn:.0+' \
	'Umask:.0022' "\\{\"v\":1,\"kind\":\"event\",.*\"mount\":\"$MNT\",\"dev\":\"$device\",\"event\":\"fs_error\",.*\"path\":\"/d\".*\\}"; do
	expect told error "$line"
done
expect [ "$(grep -c '^[A-Z_]*=' "$HERE"/told/*.error)" = 13 ]
# The same again, and what only a program has done wrong, are no events.
for i in 1 2 3; do touch_dir d; done
pause 2  # what is reported right after a look is not looked up
reads_wrong "$MNT/f" 3
use b
broken "$(sector_of "$MNT/f" 131072)" 8
refuse xfs_io -rd -c 'pread 128k 4k' "$MNT/f"
fserrord_complains "$MNT: the scrub is over; it found errors that it cannot correct"
eventually "$PATIENCE" told remedy_ended FSERRORD_RESULT=damage_left
for line in "2 remedy_started $MNT" FSERRORD_REMEDY=scrub; do expect told remedy_started "$line"; done
eventually "$PATIENCE" told error FSERRORD_ERRNO=5
use down
xfs_io -x -c shutdown "$MNT"
eventually "$PATIENCE" told shutdown "2 shutdown $MNT"
# Those of which the kernel has kept only the number may be of any kind: that is one.
expect [ "$(times error)" = $((2 + $(how_many 'filesystem errors that the kernel has only counted$' "$ERRORS_LOG"))) ]
use fs
eventually "$PATIENCE" umount "$MNT"
end_fserrord
expect [ "$(times shutdown)" = 1 ]

mount "$DEV" "$MNT"
serves /mnt/dead
dies "$SERVER"
fserrord --exec=/mnt/dead/hook
fserrord_says "$MNT: ext4: watched for errors of metadata and of direct I/O"
touch_dir d
fserrord_says "$MNT/d: filesystem error: Bad message"
kill -TERM "$ERRORS_PID"
in_time 10 fserrord_gone
revives "$SERVER"
fserrord_complains '1 events were not told to the hook'
umount "$MNT" /mnt/b /mnt/down
