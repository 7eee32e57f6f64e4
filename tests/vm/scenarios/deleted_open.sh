# SPDX-License-Identifier: LGPL-2.1-or-later
# A file is deleted while it is open, and files are created and deleted beside it all the time, so that the header of their AG is
# never written to the device: there the file is on no list of deleted files. Nothing is wrong, and nothing is said of it.
in_background
lasts 600
fs full
mount_fs
for i in {1..100}; do : >"$MNT/beside_$i"; done
seq 1 4000 >"$MNT/held"
exec 7>>"$MNT/held"
rm "$MNT/held"
beside() { : >"$MNT/made"; rm "$MNT/made"; pause 0.1; }
over_and_over beside
pause 60
heal 7>&-
pause 200
refuse_log 'offline repair'
expect alive
at_rest
exec 7>&-
clean
