# SPDX-License-Identifier: LGPL-2.1-or-later
# A service that cannot be started is said once and stops nothing: where systemctl fails, where it hangs meanwhile, and where
# there is none. A starter that was stopped goes on, and SIGTERM ends it at once.
services 1
use one
fs full
mount_fs
starter
starter_complains "$MNT: Could not start xfs_healer service unit: xfs_healer@mnt-one.service"
mkdir /mnt/bind
mount --bind "$MNT" /mnt/bind
expect_services mnt-one
unmount /mnt/bind
kill -STOP "$STARTER_PID"
kill -CONT "$STARTER_PID"
services
use two
fs full
mount_fs
starter_says "$MNT: xfs_healer service started."
expect_services mnt-one mnt-two
end_starter
expect [ "$(wc -l <"$STARTER_ERR")" = 1 ]
unmount "$MNT"

mkdir "$HERE/empty"
HOW="env PATH=$HERE/empty" starter
mount_fs
starter_complains "$MNT: Could not start xfs_healer service unit: xfs_healer@mnt-two.service"
end_starter

printf '#!/bin/bash\necho "$*" >>%q\nexec sleep infinity\n' "$SERVICES" >"$HERE/bin/systemctl"
: >"$SERVICES"
starter
is_asked() { [[ $(<"$SERVICES") == 'restart --no-block xfs_healer@mnt-'@(one|two).service ]]; }  # whichever was found first
eventually "$PATIENCE" is_asked
unmount /mnt/one
unmount /mnt/two
end_starter
