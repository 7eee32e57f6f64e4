# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem has two mounts and its healer at the first. That one is unmounted, or its unit stopped, and another filesystem is
# mounted in its place, so that the unit of the healer becomes the other's: soon both have a healer again, each where it is.
in_background
twice() {
	use "$1"
	fs full
	damage_ag 1 bnobt
	mounted
	mkdir "/mnt/$1b"
	mount --bind "$MNT" "/mnt/$1b"
}
healed_at() {
	MNT=/mnt/$1 touch_ag 1 bnobt
	FS=$1 expect_journal notice "/mnt/$1 agno 0x1 bnobt: Repairs successful."
	expect_repairs bnobt 1
	unmount "/mnt/$1"
	FS=$1 expect_property ActiveState inactive
}
twice stopped
systemctl stop mnt-stopped.mount
twice unmounted
unmount "$MNT"
for name in stopped unmounted; do
	use "over_$name"
	fs full
	damage_ag 1 bnobt
	mount_fs "/mnt/$name"
done
for name in stopped unmounted; do
	use "over_$name"
	healed_at "$name"
	use "$name"
	healed_at "${name}b"
done
