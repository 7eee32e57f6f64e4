# SPDX-License-Identifier: LGPL-2.1-or-later
# What fstests waits for: on a filesystem as mkfs makes it, with 1,000 files, a directory cannot be repaired because the parent
# pointers of what is in it are damaged too. Within 5 s of the failed repair a full scrub is in progress, though every inode is
# looked at before; it heals both. Programs have files open that are deleted, as they do: of some the device knows, of some only
# the log.
alone
real_xfs_scrub

# hold_deleted FILE...: by a process of its own they are open, and deleted.
HOLDERS=()
hold_deleted() {
	tail -f "${@/#/$MNT/files/}" >/dev/null 2>&1 &
	HOLDERS+=($!)
	eventually "$PATIENCE" holds_all "$!" $#
	rm "${@/#/$MNT/files/}"
}
holds_all() { (($(find "/proc/$1/fd" -lname "$MNT/files/*" | wc -l) >= $2)); }

fs -m autofsck=repair
mount_fs
mkdir "$MNT/files"
for ((i = 0; i < 1000; i++)); do : >"$MNT/files/$i"; done
: >"$MNT/a"
mkdir "$MNT/dir"
for ((i = 0; i < 40; i++)); do ln "$MNT/a" "$MNT/dir/$(printf '%0255d' "$i")"; done
damage_dir dir 1
trash 8 'path /a' 'ablock 1'
mount_fs
hold_deleted 1 2 3 4 5
xfs_freeze -f "$MNT"
xfs_freeze -u "$MNT"
hold_deleted 6 7 8 9 10
heal
eventually "$PATIENCE" still 3 news
touch_dir dir
expect_log "$MNT/dir directory: Repair unsuccessful; offline repair required."
stopwatch
in_time 5 grep -Fxq "$MNT: Full repairs in progress." "$LOG"
measure 'Full scrub after a failed repair' "files=1,000" "in progress after, ms=$(elapsed)"
PATIENCE=150 expect_log "$MNT: full scrub finished: no damage is left"
expect_full_scrubs 1
repairs_vary
ls -R "$MNT" >/dev/null
kill "${HOLDERS[@]}"
unmount "$MNT"
expect_end "$END_LIMIT"
