# SPDX-License-Identifier: LGPL-2.1-or-later
# An upgrade of the package runs the new healer, and loses no damage that the old one knew of and was not allowed to heal. It does not
# wait for a healer that nothing ends, as it waits in the kernel itself; when that has ended the new one runs there, too.
version() { dpkg-query --show --showformat='${Version}' xfs-healer; }
alone  # all healers are restarted
use frozen
fs full
mount_fs
make_symlink s
damage_symlink s
limit=$(slowly 60)
adjust RestartSec=1s "TimeoutStopSec=${limit}s"
mounted
fsfreeze -f "$MNT"
touch_symlink s
waits() { grep -q '^State:.D' /proc/"$(main_pid)"/task/*/status; }
eventually "$PATIENCE" waits
use upgrade
fs full
mount_fs
make_symlink s
damage_symlink s
damage_ag 1 bnobt
adjust ExecStart= "ExecStart=$HEALER --no-autofsck $MNT"
mounted
old=$(main_pid) before=$(version)
touch_symlink s
touch_ag 1 bnobt
expect_journal warning "$MNT agno 0x1 bnobt: sick"
expect_status 2 0 2
rm -r "/run/systemd/system/$(unit_of xfs_healer).d"
began=$SECONDS
dpkg --install /vm/packages/newer/*.deb >"$HERE/dpkg" 2>&1
((SECONDS - began < limit)) || fail "dpkg has taken $((SECONDS - began)) s"
expect dpkg --compare-versions "$(version)" gt "$before"
expect_journal notice "$MNT/s symlink: Repairs successful."
expect_journal notice "$MNT agno 0x1 bnobt: Repairs successful."
expect_repairs symlink 1
expect_repairs bnobt 1
refuse is_property MainPID "$old"
expect is_property NRestarts 0
expect_status 2 2 0
unmounted
expect_clean

use frozen
expect is_property ActiveState deactivating
fsfreeze -u "$MNT"
expect_property ActiveState active
eventually "$PATIENCE" readlink "$MNT/s"  # by whom does not matter: the old one's call ends too
repairs_vary
unmounted
expect_clean
