# SPDX-License-Identifier: LGPL-2.1-or-later
# As a service of s6 the healer of all filesystems heals one that is mounted later, comes back when it is killed, ends when it
# is told to, and does not start again each second where it cannot run.
in_background
services_run
mkdir "$HERE/service"
cp -r /vm/services/s6/xfs_healer "$HERE/service/"
{ s6-svscan "$HERE/service" 2>&1 | logger -t xfs_healer -p daemon.info; } &
eventually "$PATIENCE" s6-svok "$HERE/service/xfs_healer"
service_heals
service_stops s6-svc -wD -T "$(slowly 30)000" -d "$HERE/service/xfs_healer"
service_is_patient s6-svc -u "$HERE/service/xfs_healer"
