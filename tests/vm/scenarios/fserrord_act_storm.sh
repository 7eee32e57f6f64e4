# SPDX-License-Identifier: LGPL-2.1-or-later
# A user has a program make errors that are its own doing, more than the kernel tells one by one: what --act does for them, in case
# there was damage among them, does not put off what it does about damage.
other ext4 -b 4096
chmod 644 "$MNT/f"
fserrord --act
fserrord_says "$MNT: ext4: watched for errors of metadata and of direct I/O"
setpriv --reuid=65534 --regid=65534 --clear-groups "$(type -P read_nowhere)" "$MNT/f" 20000
fserrord_says "$MNT: it has noted no error of metadata, so that e2fsck does not check it for one at the next boot"
pause 2
echo x >"/sys/fs/ext4/${DEV#/dev/}/trigger_fs_error"
fserrord_says_like "^$MNT: errors of metadata that it has noted: [0-9]+; e2fsck checks it at the next boot"
end_fserrord
umount "$MNT"
