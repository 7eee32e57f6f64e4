# SPDX-License-Identifier: LGPL-2.1-or-later
# Outside of a unit each thread of the healer gives up all capabilities but two. It heals with these, the full scrub that it
# runs with its own five, and it leaves no core dump. Where none can be run, it can take up no other. Children keep their limits, and
# a command of the administrator's all that root has.
[[ $HEALER != "$C_HEALER" ]] || skip '7.2.0 leaves this to its unit'
ours=0000000000200002 scrub=000000000022000e  # SYS_ADMIN, DAC_OVERRIDE; DAC_READ_SEARCH, FOWNER, SYS_RAWIO too
at_need=00000000002a000e  # these and SYS_PTRACE
all=$(awk '$1 == "CapBnd:" { print $2 }' /proc/self/status)
[[ $all != "$scrub" ]] || fail 'nothing to give up here'
pattern=$(</proc/sys/kernel/core_pattern)
echo "$HERE/core.%e" >/proc/sys/kernel/core_pattern
ulimit -c 77777
# has NAME=VALUE... FILE: these lines are in a status file.
has() {
	local file=${*: -1} want
	for want in "${@:1:$#-1}"; do grep -q "^${want%=*}:\s*${want#*=}\$" "$file" || return 1; done
}
# threads_have NAME=VALUE...: more than one, and each of them.
threads_have() {
	local task tasks=(/proc/"$PID"/task/*)
	((${#tasks[@]} > 1)) || return 1
	for task in "${tasks[@]}"; do has "$@" "$task/status" || return 1; done
}
# scrubs_as FILE COMMAND: a program that writes there what it may do, and goes on with the command.
scrubs_as() { printf '#!/bin/bash\n{ cat /proc/self/status; ulimit -c; } >%q\n%s\n' "$@"; }
mkdir "$HERE/bin"
scrubs_as "$HERE/direct" 'exec /vm/bin/xfs_scrub "$@"' >"$HERE/bin/xfs_scrub"
scrubs_as "$HERE/command" "echo command >>$FULL_SCRUBS; exit 1" >"$HERE/bin/command"
chmod +x "$HERE"/bin/*
PATH=$HERE/bin:$PATH
real_xfs_scrub

fs full
mount_fs
make_symlink s
mkdir -m 700 "$MNT/private"
echo secret >"$MNT/private/file"
chmod 0 "$MNT/private/file"
chown -R 1000:1000 "$MNT/private"
damage_symlink s
damage_ag 1 bnobt
heal --escalate=1/1h
fsfreeze --freeze "$MNT"
touch_symlink s
expect_log "$MNT/s symlink: sick"
# One waits for the thaw; another, with nothing to do, may end just now.
eventually "$PATIENCE" threads_have NoNewPrivs=1 CapEff=$ours CapPrm=$at_need CapBnd=$scrub
fsfreeze --unfreeze "$MNT"
expect_log "$MNT/s symlink: Repairs successful."
touch_ag 1 bnobt
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
expect_log "$MNT: starting a full scrub: much was reported damaged in a short time"
expect_log "$MNT: full scrub finished: no damage is left"
expect has NoNewPrivs=1 CapEff=$scrub CapPrm=$scrub "$HERE/direct"
expect grep -Fxq 77777 "$HERE/direct"
expect_repairs symlink 1
expect_repairs bnobt 1
clean

heal --scrub-command=none
expect has NoNewPrivs=1 CapEff=$ours CapPrm=$ours CapBnd=$ours "/proc/$PID/status"
kill -ABRT "$PID"
eventually "$PATIENCE" gone
bash -c 'kill -ABRT $$' || true
expect [ -s "$HERE/core.bash" ]
expect [ "$(ls "$HERE"/core.* | wc -l)" = 1 ]
echo "$pattern" >/proc/sys/kernel/core_pattern
unmount "$MNT"

use command
fs plain
damage_ag 1 bnobt
heal --scrub-command="$HERE/bin/command"
expect has NoNewPrivs=0 CapEff=0000000000200022 CapPrm="$all" CapBnd="$all" "/proc/$PID/status"
touch_ag 1 bnobt
expect_log "$MNT: Full repairs in progress."
eventually "$PATIENCE" has NoNewPrivs=0 CapEff="$all" CapPrm="$all" "$HERE/command"
expect_repairs bnobt 1
unmount "$MNT"
expect_end "$END_LIMIT"
expect_full_scrubs 2
