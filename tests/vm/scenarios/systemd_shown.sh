# SPDX-License-Identifier: LGPL-2.1-or-later
# The healing that README.md shows, by a service with metrics: systemctl status and the metrics tell the same. tests/figures writes
# both there.
[[ $HEALER != "$C_HEALER" ]] || skip '7.2.0 has no metrics'
systemd_runs
our_units
fs full
mount_fs
make_dir many 200
make_symlink far
damage_ag 1 cntbt
damage_dir many
damage_symlink far
metrics=/run/xfs_healer.prom
unit_heals ExecStart= "ExecStart=:$C_HEALER --metrics=$metrics %f"
expect_log "$MNT: monitoring started"
fstrim "$MNT" || true
ls "$MNT/many" >/dev/null 2>&1 || true
readlink "$MNT/far" >/dev/null 2>&1 || true
for what in ' agno 0x1 cntbt' '/many directory' '/far symlink'; do expect_log "$MNT$what: Repairs successful."; done
for type in cntbt directory symlink; do expect_repairs $type 1; done
expect_status 3 3 0
has_metric() { grep -Eq "^xfs_healer_$1\{mountpoint=\"$MNT\",.*\} $2$" "$metrics"; }
eventually "$PATIENCE" has_metric 'repairs_total' 3
expect has_metric damaged_structures 0
cp "$metrics" "$HERE/shown.prom"
umount_fs
expect_property ActiveState inactive
expect test ! -e "$metrics"
