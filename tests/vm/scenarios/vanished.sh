# SPDX-License-Identifier: LGPL-2.1-or-later
# A repair crashes in the kernel (known defect, --ignore-kernel-defects), which kills the worker: the healer notices, says so,
# never tries that inode again, starts no full scrub that would crash the same way, and lets go of the monitor at SIGTERM.
allow_oops
if [[ $HEALER == "$C_HEALER" ]]; then skip 'xfs_healer 7.2.0 has no such option and would hang'; fi
fs full
damage_inode one/lines.ac
heal --ignore-kernel-defects
touch_inode one/lines.ac
PATIENCE=120 expect_log_like ' core: Repair unsuccessful; offline repair required\.$'
expect_log_like ' core: offline repair needed: the thread that repaired it was killed in the kernel$'
over_and_over timeout 1 stat "$MNT/one/lines.ac"
pause 12
at_rest
expect_err "$MNT: no full scrub is started, because it would crash this kernel"
alive || fail 'the healer is gone'
expect_repairs inode 1
kill -TERM "$PID"
eventually 10 refuse listening  # no more can be asked: what the dead thread holds in the kernel may hold up the others there
