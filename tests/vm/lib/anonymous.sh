# SPDX-License-Identifier: LGPL-2.1-or-later
#
# All anonymous files of a system, such as health monitors and eventfds, are one inode, and whoever reads a monitor takes its lock.

# hold_anonymous: somebody has that lock, who reads the monitor of the filesystem that is spoken of. It is on a mapper.
hold_anonymous() {
	mount_fs
	hold_anonymous_of "$MNT" "$MNT/one/lines.aa" &
	HOLDER=$! HELD=${DEV##*/}
	echo "$HELD" >"$HERE/held"
	eventually "$PATIENCE" grep -q '^State:.T' "/proc/$HOLDER/status"
	dmsetup suspend --nolockfs --noflush "$HELD"
	kill -CONT "$HOLDER"
	eventually "$PATIENCE" grep -q '^State:.D' "/proc/$HOLDER/status"
}

# release_anonymous: no longer.
release_anonymous() { dmsetup resume "$HELD"; }

# released: also where the scenario fails, or who has it never ends.
released() { [[ ! -s $HERE/held ]] || dmsetup resume "$(<"$HERE/held")" || true; }
