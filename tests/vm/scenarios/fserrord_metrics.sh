# SPDX-License-Identifier: LGPL-2.1-or-later
# --metrics of fserrord keeps a file for Prometheus that everybody may read, also on a filesystem that is watched: which filesystems
# are, their errors, shutdowns, and what --act has done. It is gone after the end. One on a server that is down holds up nothing.
three_types
file=$MNT/fserrord.prom
# metric NAME VALUE [LABEL...]: the file has that.
metric() {
	local name=$1 value=$2
	shift 2
	awk -v name="fserrord_$name" -v labels="$*" 'BEGIN { n = split(labels, label, " ") }
		$0 !~ "^" name "[{ ]" { next } { for (i = 1; i <= n; i++) if (!index($0, label[i])) next; print $NF }' "$file" 2>/dev/null |
		grep -Exq -- "$value"
}
umask 077
cd "$MNT"
fserrord --act --metrics="${file##*/}"
cd - >/dev/null
umask 022
of_fs="mountpoint=\"$MNT\",device=\"$(stat -c %Hd:%Ld "$MNT")\",type=\"ext4\""
eventually "$PATIENCE" metric up 1 "$of_fs"
for mount in /mnt/b /mnt/down; do eventually "$PATIENCE" metric up 1 "mountpoint=\"$mount\""; done
expect test "$(stat -c %a "$file")" = 644
expect metric errors_total 0 "$of_fs" 'kind="metadata"'
expect metric info 1
touch_dir d
eventually "$PATIENCE" metric errors_total 1 "$of_fs" 'kind="metadata"'
expect metric last_event_timestamp_seconds "[0-9]{10}\.[0-9]{3}" "$of_fs"
use b
broken "$(sector_of "$MNT/f" 131072)" 8
refuse xfs_io -rd -c 'pread 128k 4k' "$MNT/f"
use down
xfs_io -x -c shutdown "$MNT"
eventually "$PATIENCE" metric shutdown 1 'mountpoint="/mnt/down"'
eventually "$PATIENCE" metric remedies_total 1 'mountpoint="/mnt/b"' 'result="damage_left"'
expect metric events_lost_total 0
expect metric shutdown 0 "$of_fs"
cp "$file" "$HERE/errors.prom"
unmount /mnt/down
gone_from_it() { ! metric up 1 'mountpoint="/mnt/down"' && metric up 1 "$of_fs"; }
eventually "$PATIENCE" gone_from_it
end_fserrord
expect test ! -e "$file"
expect [ "$(find /mnt/fs -maxdepth 1 -name '.fserrord*' | wc -l)" = 0 ]

serves /mnt/dead
dies "$SERVER"
fserrord --metrics=/mnt/dead/file
fserrord_says '/mnt/fs: ext4: watched for errors of metadata and of direct I/O'
reads_wrong /mnt/fs/f
kill -TERM "$ERRORS_PID"
in_time 10 fserrord_gone
revives "$SERVER"
umount /mnt/fs /mnt/b
