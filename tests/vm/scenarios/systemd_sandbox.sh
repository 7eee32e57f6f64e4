# SPDX-License-Identifier: LGPL-2.1-or-later
# Within the sandbox that the unit of xfsprogs 7.2 makes, whose filter kills who makes a call that it does not know of: the
# healer looks, heals and ends as elsewhere. Where systemd runs, what a repair leaves is for the unit xfs_scrub@.
[[ $HEALER != "$C_HEALER" ]] || skip 'what 7.2.0 does in its own sandbox is not the question'
fs full
mount_fs
make_symlink s
damage_symlink s
damage_ag 1 bnobt
mount_fs
touch_symlink s
systemd_runs
unit xfs_scrub@.service '[Unit]' DefaultDependencies=no '[Service]' Type=oneshot "ExecStart=/bin/bash -c 'echo unit %f >>$FULL_SCRUBS'"
unit healer.service '[Unit]' DefaultDependencies=no '[Service]' Type=exec \
	"ExecStart=$HEALER --debug --escalate=1/1h $MNT" "StandardOutput=append:$LOG" "StandardError=append:$ERR" \
	SystemCallArchitectures=native SystemCallFilter=@system-service SystemCallFilter=~@privileged \
	SystemCallFilter=~@resources SystemCallFilter=~@mount 'CapabilityBoundingSet=CAP_SYS_ADMIN CAP_DAC_OVERRIDE' \
	'AmbientCapabilities=CAP_SYS_ADMIN CAP_DAC_OVERRIDE' NoNewPrivileges=true MemoryDenyWriteExecute=true RestrictNamespaces=true \
	RestrictAddressFamilies=AF_UNIX RestrictRealtime=true LockPersonality=true ProtectKernelTunables=true ProtectProc=invisible ProcSubset=pid UMask=7777
systemctl start healer.service
expect_log "$MNT: monitoring started"
expect grep -Exq 'Seccomp:\s*2' "/proc/$(pgrep -f -- '--debug --escalate')/status"
expect_log "$MNT/s symlink: Repairs successful."  # that a look has found
touch_ag 1 bnobt
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
expect_repairs symlink 1
expect_repairs bnobt 1
systemctl stop healer.service
expect [ "$(systemctl show --property=Result,ExecMainStatus healer.service | xargs)" = 'Result=success ExecMainStatus=0' ]
