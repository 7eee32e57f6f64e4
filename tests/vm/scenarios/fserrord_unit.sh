# SPDX-License-Identifier: LGPL-2.1-or-later
# Under the unit that we ship fserrord watches what is mounted before and after its start, with two capabilities: without the one it
# cannot watch, without the other it finds no path.
systemd_runs
our_units
fs plain
mount_fs
for name in f g; do seq 100000 >"$MNT/$name"; done
fserrord_unit
# It is ready once what was mounted is watched.
expect fserrord_said "$MNT: xfs: watched for errors of metadata and of file data"
for set in CapEff CapPrm CapBnd; do expect grep -Eq "^$set:\s*0000000000200004\$" "/proc/$ERRORS_PID/status"; done
reads_wrong "$MNT/f"
use late
fs plain
mount_fs
fserrord_says "$MNT: xfs: watched for errors of metadata and of file data"
seq 100000 >"$MNT/f"
reads_wrong "$MNT/f"
systemctl reload fserrord.service
unmount "$MNT"
use fs
fserrord_unit CapabilityBoundingSet= CapabilityBoundingSet=CAP_SYS_ADMIN
fserrord_says "$MNT: xfs: watched for errors of metadata and of file data"
read_nowhere "$MNT/g" 1
fserrord_says_like "^$MNT ino [0-9]+ gen 0x[0-9a-f]+: filesystem error: Bad address$"
refuse fserrord_unit CapabilityBoundingSet= CapabilityBoundingSet=CAP_DAC_READ_SEARCH
fserrord_complains 'fanotify_mark: Operation not permitted'
systemctl stop fserrord.service
unmount "$MNT"
