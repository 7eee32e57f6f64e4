# SPDX-License-Identifier: LGPL-2.1-or-later
# As a service of OpenRC the healer of all filesystems heals one that is mounted later, comes back when it is killed, and ends
# when it is told to.
in_background
services_run
mkdir -p /run/openrc "$HERE/etc/init.d" "$HERE/etc/conf.d"
mount -t tmpfs tmpfs /run/openrc
echo default >/run/openrc/softlevel  # as if it had booted this system
mkdir -p /var
ln -sfn /run /var/run
cp /vm/services/openrc/xfs_healer "$HERE/etc/init.d/"
echo respawn_delay=1 >"$HERE/etc/conf.d/xfs_healer"
cp -r /etc/. "$HERE/etc/"
mount --bind "$HERE/etc" /etc
rc-service xfs_healer start >"$HERE/start" 2>&1 || fail "not started: $(tail -n 9 "$HERE/start")"
expect rc-service xfs_healer status
service_heals
service_stops rc-service xfs_healer stop
refuse rc-service xfs_healer status
