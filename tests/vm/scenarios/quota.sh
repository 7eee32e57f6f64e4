# SPDX-License-Identifier: LGPL-2.1-or-later
# The dquots of a user, a group and a project are trashed; each kind is healed with one call, and counted right.
fs full
options uquota gquota pquota
structure 'quota, user' usrquota ' usrquota'
structure 'quota, group' grpquota ' grpquota'
structure 'quota, project' prjquota ' prjquota'
mount_fs
chown 4000:4000 "$MNT"/one/*  # far from 0, whose dquots are read by mounting
xfs_io -r -x -c 'chproj 4000' "$MNT/two/lines.ab"
for kind in u g p; do trash 120 "dquot -$kind 4000"; done # the copy of the UUID: limits would be lost
heal
scrub usrquota
scrub grpquota
scrub prjquota
expect_log "$MNT usrquota: Repairs successful."
expect_log "$MNT grpquota: Repairs successful."
expect_log "$MNT prjquota: Repairs successful."
expect_repairs usrquota 1 2
expect_repairs grpquota 1 2
expect_repairs prjquota 1 2
clean
