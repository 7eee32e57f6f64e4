# SPDX-License-Identifier: LGPL-2.1-or-later
# The administrator stops the unit of a mount while a repair waits for a slow device, which holds the mount: the healer is stopped
# first, and is not in the way.
in_background
# The starter, which another scenario restarts just then, may have seen the mount without a healer, and started one that finds no XFS.
ended_well() {
	expect_property ActiveState inactive
	expect grep -Exq 'success|exec-condition' <<<"$(property Result)"
}
use repairs
fs full
damage_ag 1 bnobt
on_mapper
mounted
healer=$(main_pid)
slow 400  # some ten of these are one repair, which must end before systemd no longer waits for the healer
touch_ag 1 bnobt
BETWEEN=0.05 eventually "$PATIENCE" holds "$healer"
systemctl stop "mnt-$FS.mount"
refuse mountpoint -q "$MNT"
ended_well
repairs_vary  # it may have begun
slow 0

# The same while a full scrub of ours runs. The scrub has a mount of its own, so that this succeeds, but the filesystem stays in
# use; what the log says ends that, too. Then nobody has failed, and nothing calls for an offline repair that nobody has judged to be
# needed.
use mount_unit
fs plain
mount_fs
make_dir many 1000
damage_ag 1 bnobt
on_mapper
mount_fs
slow 300
expect_journal info "$MNT: monitoring started"
touch_ag 1 bnobt
expect_journal notice "$MNT: Full repairs in progress."
scrub=$(unit_of xfs_scrub)
scrubs() { [[ $(systemctl show --value --property=ActiveState "$scrub") == activating ]]; }  # it is a oneshot
eventually "$PATIENCE" scrubs
expect_repairs bnobt 1
expect_journal info "$MNT: stays in use while the full scrub runs; this ends it: systemctl stop $scrub"
systemctl stop "mnt-$FS.mount"
refuse mountpoint -q "$MNT"
ended_well
expect scrubs
systemctl stop "$scrub"
is_free() { [[ $(dmsetup info --columns --noheadings -o open "${DEV##*/}") == 0 ]]; }
eventually "$PATIENCE" is_free
wrong() { journal_here | grep "$MNT.*\(offline repair needed\|Could not start\|full scrub unit\)"; }
refuse wrong
