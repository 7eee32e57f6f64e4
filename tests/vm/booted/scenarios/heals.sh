# SPDX-License-Identifier: LGPL-2.1-or-later
# A damaged filesystem that is mounted is healed, and nobody has started anything. There is one healer, the packaged one;
# systemctl status tells the tale, each line of the journal has its priority, and the service ends with the mount.
use heals
fs full
damage_ag 1 bnobt
mounted
touch_ag 1 bnobt
expect_journal warning "$MNT agno 0x1 bnobt: sick"
expect_journal notice "$MNT agno 0x1 bnobt: Repairs successful."
expect_repairs bnobt 1
expect_status 1 1 0
expect [ "$(pgrep -fxc ".*/xfs_healer $MNT")" = 1 ]
one_starter() { [[ $(pgrep -fxc '.*/xfs_healer_start') == 1 ]]; }
eventually "$PATIENCE" one_starter  # another scenario may just restart it
unmounted
expect_clean
expect [ -z "$(systemctl --no-pager --failed --legend=no --plain list-units 'xfs_healer*')" ]

# The package of xfsprogs enables a healer of the root filesystem, which is none of ours here: that is skipped, and alarms nobody.
expect systemctl start xfs_healer@-.service
UNIT=xfs_healer@-.service expect_journal info '/: Inappropriate ioctl for device'
