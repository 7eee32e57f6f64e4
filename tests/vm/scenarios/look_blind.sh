# SPDX-License-Identifier: LGPL-2.1-or-later
# Without access to the device the healer cannot know which files it must not load: it says so and loads none. Files are named
# by number; AG structures are healed, and a file that is reported, too. That it could not look at everything the next one is told.
mkdir -p /run/xfs_healer
mount -t tmpfs tmpfs /run/xfs_healer  # of this scenario's own
marked() { compgen -G '/run/xfs_healer/running-*'; }
fs full
mount_fs
make_symlink s
bad_links
damage_symlink s
damage_ag 1 bnobt
mount_fs
touch_ag 1 bnobt
healer=$HEALER HEALER=$HERE/blind
printf '#!/bin/bash\nmount -t tmpfs none /dev && exec %s "$@"\n' "$healer" >"$HERE/blind.sh"
printf '#!/bin/bash\nexec unshare --mount /bin/bash %s "$@"\n' "$HERE/blind.sh" >"$HEALER"
chmod +x "$HEALER"
heal
expect_err "$MNT: no file is looked at or named, since that could shut the filesystem down: cannot read $DEV to rule that out: No such file or directory"
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
touch_symlink s
expect_log_like "^$MNT ino [0-9]+ gen 0x[0-9a-f]+ symlink: Repairs successful\.$"
expect_repairs symlink 1
expect_repairs bnobt 1
: >"$MNT/usable"
kill -TERM "$PID"
expect_end "$END_LIMIT"
expect marked
