# SPDX-License-Identifier: LGPL-2.1-or-later
# Each XFS that is mounted before xfs_healer_start runs gets its service, by the name that systemd-escape makes of its mount
# point; other filesystems and directories of an XFS get none. A strange name is escaped in the log.
services
for name in one 'two words' $'line\nfeed'; do
	use "$name"
	fs full
	mount_fs
done
mkdir /mnt/tmpfs /mnt/part
mount -t tmpfs tmpfs /mnt/tmpfs
mount --bind /mnt/one/one /mnt/part
starter
expect_services mnt-one 'mnt-two\x20words' 'mnt-line\x0afeed'
starter_says '/mnt/one: xfs_healer service started.'
starter_says '/mnt/two words: xfs_healer service started.'
starter_says '/mnt/line\nfeed: xfs_healer service started.'
expect [ ! -s "$STARTER_ERR" ]
end_starter
