# SPDX-License-Identifier: LGPL-2.1-or-later
# With --act a healer that starts at the moment when fserrord has one started gets its monitor, though each ioctl of fserrord lasts five
# seconds: it opens no monitor itself.
mkdir -p /run/systemd "$HERE/bin"
mount -t tmpfs tmpfs /run/systemd
mkdir /run/systemd/system
printf '#!/bin/bash\necho "$@" >>%q\nexit 1\n' "$HERE/asked" >"$HERE/bin/systemctl"
chmod +x "$HERE/bin/systemctl"
fs full
mount_fs
make_dir d 200
damage_dir d
mount_fs
PATH=$HERE/bin:$PATH HOW="strace -f -D -o $HERE/strace -e trace=ioctl -e inject=ioctl:delay_exit=5000000" fserrord --act
fserrord_says "$MNT: xfs: watched for errors of metadata and of file data"
touch_dir d
fserrord_says "$MNT/d: filesystem error: Structure needs cleaning"
over() { grep -Fxq "$MNT: Could not start xfs_healer service unit: xfs_healer@mnt-fs.service" "$ERRORS_ERR"; }
beside() { expect "$HEALER" --supported "$MNT"; over; }
BETWEEN=0.3 eventually 150 beside
expect grep -q '^start .*xfs_healer@mnt-fs' "$HERE/asked"
expect grep -Eq "FS_IOC_GETFSUUID|0x15, 0, 0x11" "$HERE/strace"
end_fserrord
unmount "$MNT"
