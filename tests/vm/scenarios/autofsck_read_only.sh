# SPDX-License-Identifier: LGPL-2.1-or-later
# A read-only mount, a read-only bind mount and a mount without recovery: the words are those of 7.2.0.
for who in ours theirs; do
	use "$who"; fs full; mount_fs
	mkdir "/mnt/$who-bind"
	mount --bind "$MNT" "/mnt/$who-bind"
	mount -o remount,bind,ro "/mnt/$who-bind"
	mount -o remount,bind,ro "$MNT"  # or ours would repair through it
	use "$who-ro"; fs full; mount -o nouuid,ro "$DEV" "$MNT"
	use "$who-rec"; fs full; mount -o nouuid,ro,norecovery "$DEV" "$MNT"
done
cases() {
	local mount
	for mount in bind ro rec; do
		MNT=/mnt/$WHO-$mount
		same "$MNT"
		same --repair "$MNT"
		same --no-autofsck "$MNT"
		same --quiet "$MNT"
		same --supported "$MNT"
		differs '5: 1 instead of 255' --supported --repair "$MNT" <<-END
			exit 1
			err: /mnt/fs-$mount: XFS online repair is not supported, exiting
		END
	done
}
both
