# SPDX-License-Identifier: LGPL-2.1-or-later
# A filesystem grows while it is watched: what is damaged in the groups that are new is healed as anywhere else.
fs full
heal
truncate -s 700M "$IMG"
losetup --set-capacity "$DEV"
expect xfs_growfs "$MNT"
last=$(($(xfs_info "$MNT" | sed -nE 's/.* agcount=([0-9]+).*/\1/p') - 1))
expect [ "$last" -gt 4 ]
hex=$(printf '0x%x' "$last")
trash_mounted 8 "agf $last" 'addr bnoroot'
touch_ag "$last" bnobt
expect_log "$MNT agno $hex bnobt: sick"
expect_log "$MNT agno $hex bnobt: Repairs successful."
expect_repairs bnobt 1 2
clean
