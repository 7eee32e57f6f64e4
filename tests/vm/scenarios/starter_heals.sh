# SPDX-License-Identifier: LGPL-2.1-or-later
# From mount to repair without a person: what xfs_healer_start asks systemctl for is a healer that heals.
services
cat >"$HERE/bin/systemctl" <<-END
	#!/bin/bash
	[[ \$1 != show ]] || exec printf 'ActiveState=active\\nMainPID=1\\n'
	echo "\$*" >>$SERVICES
	$HEALER "\$(systemd-escape --unescape --path --instance "\${@: -1}")" >>$LOG 2>&1 &
END
: >"$LOG"
fs full
damage_ag 1 bnobt
starter
mount_fs
expect_log "$MNT: monitoring started"
touch_ag 1 bnobt
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
expect_repairs bnobt 1 2
expect_services mnt-fs
unmount "$MNT"
expect_log "$MNT: filesystem unmounted"
end_starter
