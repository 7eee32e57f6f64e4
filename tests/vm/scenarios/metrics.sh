# SPDX-License-Identifier: LGPL-2.1-or-later
# --metrics keeps a file for Prometheus that everybody may read: what is damaged, healed, left, and for how long it has been quiet. It
# is gone after the end; on the monitored filesystem there is none.
[[ $HEALER != "$C_HEALER" ]] || skip '7.2.0 has no metrics'
file=$HERE/metrics.prom
metric() { awk -v name="xfs_healer_$1" -v label="${3-}" 'index($0, name "{") == 1 && (label == "" || index($0, label)) { print $2 }' "$file" 2>/dev/null | grep -Exq -- "$2"; }
umask 077
fs full
damage_ag 1 bnobt
heal --metrics="$file"
eventually "$PATIENCE" metric up 1 "mountpoint=\"$MNT\""
expect metric damaged_structures 0
expect test "$(stat -c %a "$file")" = 644
touch_ag 1 bnobt
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
expect_repairs bnobt 1
eventually "$PATIENCE" metric repairs_total 1 'result="repaired"'
expect metric events_total '[1-9]' 'type="sick"'
expect metric damaged_structures 0
cp "$file" "$HERE/healed.prom"
umount_fs
expect_end "$END_LIMIT"
expect test ! -e "$file"
use left
fs plain
damage_ag 1 bnobt
heal --metrics="$file" --scrub-command=none
touch_ag 1 bnobt
expect_log_like "^$MNT agno 0x1 bnobt: offline repair needed: "
expect_repairs bnobt "$(repairs)"
eventually "$PATIENCE" metric offline_needed 1
expect metric damaged_structures 1
cp "$file" "$HERE/left.prom"
umount_fs
expect_end "$END_LIMIT"
use own
fs full
heal --metrics="$MNT/file"
expect_err "metrics: $MNT/file: it is on a filesystem that is monitored"
clean
expect test ! -e "$MNT/file"
