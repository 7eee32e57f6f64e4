# SPDX-License-Identifier: LGPL-2.1-or-later
# As a service of runit the healer of all filesystems heals one that is mounted later, comes back when it is killed, ends when
# it is told to, and does not start again each second where it cannot run.
in_background
services_run
mkdir "$HERE/service"
cp -r /vm/services/runit/xfs_healer "$HERE/service/"
runsvdir -P "$HERE/service" &
eventually "$PATIENCE" sv check "$HERE/service/xfs_healer"
service_heals
service_stops sv down "$HERE/service/xfs_healer"
service_is_patient sv up "$HERE/service/xfs_healer"
