# SPDX-License-Identifier: LGPL-2.1-or-later
# What could not be judged is neither good nor bad. On a kernel without online scrub a single look finds nothing in a filesystem
# with a damaged btree, and its exit code says that it has not seen everything; a healer's status says so, too. Without privilege,
# where the property looks as if it was unset, nothing is called disabled. On an idmapped mount, where BULKSTAT refuses, an inode
# that is reported is neither left for good nor called fit for a full scrub.
[[ $HEALER != "$C_HEALER" ]] || skip '7.2.0 has no single look'
without() { printf '#!/bin/bash\nexec /vm/bin/refuse_call 16:%q %q %q "$@"\n' "$1" "$2" "$healer" >"$HERE/without.$2"; chmod +x "$HERE/without.$2"; HEALER=$HERE/without.$2; }
healer=$HEALER
scrub=0xc040583c ENOTTY=25 EOPNOTSUPP=95
fs full
damage_ag 1 bnobt
for errno in "$ENOTTY" "$EOPNOTSUPP"; do
	without "$scrub" "$errno"
	mount_fs
	one_shot 8
	expect_log "$MNT: XFS online repair is not supported, will report only"
	expect_log "$MNT: no damage found; not everything was looked at"
	umount "$MNT"
done
HEALER=$healer
mount_fs
one_shot 1
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
expect_repairs bnobt 1
umount_fs
expect_clean

use hidden
fs plain
mount_fs
HEALER=$HERE/unprivileged
printf '#!/bin/bash\nexec setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all %q "$@"\n' "$healer" >"$HEALER"
chmod +x "$HEALER"
chmod 755 "$HERE"
one_shot 8
expect [ "$(cat "$LOG" "$ERR")" = "$MNT: Operation not permitted" ]
one_shot 1 --supported
code=0
timeout "$(slowly 60)" "$HEALER" "$MNT" >"$LOG" 2>"$ERR" || code=$?
expect [ "$code" = 1 ]
expect_err "$MNT: Operation not permitted"
refuse_log 'Disabling'
HEALER=$healer

use mapped
fs -m autofsck=repair
damage_inode one/lines.ac
mkdir /mnt/mapped-plain
mount -o nouuid "$DEV" /mnt/mapped-plain
mount --bind -o X-mount.idmap=b:0:10000:60000 /mnt/mapped-plain "$MNT"
umount /mnt/mapped-plain
heal
touch_inode one/lines.ac
expect_log_like "^$MNT ino [0-9]+ gen 0x0 core: cannot be repaired just now; will be tried again\.$"
refuse_log 'offline repair|full scrub is started|crash'
ls "$MNT/two" >"$HERE/usable"
umount "$MNT"
expect_end "$END_LIMIT"
expect_full_scrubs 0
