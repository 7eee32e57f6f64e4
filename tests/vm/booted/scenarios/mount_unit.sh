# SPDX-License-Identifier: LGPL-2.1-or-later
# The administrator stops the mount unit while a full scrub of ours runs. The scrub has a mount of its own, so that this succeeds,
# but the filesystem stays in use; what the log says ends that, too. Then nobody has failed, and nothing calls for an offline repair
# that nobody has judged to be needed.
in_background
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
systemctl stop "$scrub"
expect_property ActiveState inactive
expect is_property Result success
expect_journal info "$MNT: filesystem unmounted"
wrong() { journal_here | grep "$MNT.*\(offline repair needed\|Could not start\|full scrub unit\)"; }
refuse wrong
