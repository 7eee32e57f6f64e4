# SPDX-License-Identifier: LGPL-2.1-or-later
# --exec runs a program for what deserves attention: with words, exactly the variables that are promised and a line of JSON, once
# an hour for the same thing, with all privileges, and of the healer neither descriptors, nor ignored signals, nor a umask. What was
# left damaged it is told also after the unmount. Not from the filesystem that is monitored.
[[ $HEALER != "$C_HEALER" ]] || skip '7.2.0 runs no program'
all=$(awk '$1 == "CapBnd:" { print $2 }' /proc/self/status)
mkdir "$HERE/told"
cat >"$HERE/hook" <<END
#!/bin/bash
if [[ \$1 == unmounted ]]; then  # it has six seconds, on a slow machine too
	printf '%s\n' "\$# \$*" "XFS_HEALER_COUNT=\$XFS_HEALER_COUNT" >"$HERE/told/last.unmounted"
	echo "said of \$1"
	exit
fi
exec 9>"$HERE/told/\$(ls "$HERE/told" | wc -l).\$1"
{ echo "\$#" "\$@"; pwd; tr '\\0' '\\n' </proc/\$\$/environ; cat; echo; grep -E '^(CapEff|NoNewPrivs|SigIgn|Umask)' /proc/self/status
ls -l "/proc/\$\$/fd" | grep -o '[^ ]* -> .*'; } >&9
echo "said of \$1"
END
chmod +x "$HERE/hook"
# of EVENT: what the first program for it has written.
of() { local files=("$HERE"/told/*."$1"); echo "${files[0]}"; }
# told EVENT REGEX: it has such a line.
told() { grep -Exq -- "$2" "$(of "$1")" 2>/dev/null; }
# times EVENT: how often it was run for that.
times() { find "$HERE/told" -name "*.$1" | wc -l; }
odd=$'d\xff'

fs plain
damage_ag 1 bnobt
umask 077
heal --exec="$HERE/hook" --scrub-command='/bin/sh -c true'
umask 022
touch_ag 1 bnobt
expect_log_like "^$MNT agno 0x1 bnobt: offline repair needed: "
for event in repair_failed full_scrub_started full_scrub_ended offline_needed; do
	eventually "$PATIENCE" told "$event" "2 $event $MNT"
	expect_log "$MNT: hook: \"said of $event\""
done
device=$(stat -c %Hd:%Ld "$MNT")
for line in / "PATH=/usr/local/sbin:.*" XFS_HEALER_VERSION=1 XFS_HEALER_EVENT=offline_needed "XFS_HEALER_MOUNT=$MNT" \
	"XFS_HEALER_DEVICE=$device" 'XFS_HEALER_FS_UUID=[0-9a-f-]{36}' XFS_HEALER_OBJECT=ag:1:bnobt XFS_HEALER_STRUCTURE=bnobt \
	XFS_HEALER_AGNO=1 XFS_HEALER_RESULT=offline_needed 'XFS_HEALER_REASON=[a-z]+' XFS_HEALER_PRIORITY=2 \
	"XFS_HEALER_MESSAGE=$MNT agno 0x1 bnobt: offline repair needed: .*" "CapEff:.$all" 'NoNewPrivs:.0' \
	'SigIgn:.0+' 'Umask:.0022' \
	'\{"v":1,"kind":"repair",.*"notice":"offline_needed",.*"object":"ag:1:bnobt",.*\}'; do
	expect told offline_needed "$line"
done
expect [ "$(grep -c '^[A-Z_]*=' "$(of offline_needed)")" = 13 ]
expect told offline_needed '0 -> pipe:.*'
refuse grep -Eq -- "-> (anon_inode|socket|$MNT)" "$(of offline_needed)"
expect told full_scrub_ended XFS_HEALER_RESULT=clean
# A failure that is met again is told again, the same event is not.
expect [ "$(times repair_failed)" = 1 ]
repairs_vary
unmount "$MNT"
eventually "$PATIENCE" told unmounted "2 unmounted $MNT"
expect_end "$END_LIMIT"
expect told unmounted XFS_HEALER_COUNT=1
expect_log "$MNT: hook: \"said of unmounted\""

use names
fs full
mount_fs
make_dir "$odd" 50
damage_dir "$odd"
damage_ag 1 cntbt
heal --exec="$HERE/hook" --quiet
for ((i = 0; i < 2; i++)); do touch_ag 1 cntbt; done
touch_dir "$odd"
expect_log "$MNT/d\\xff directory: Repairs successful."
eventually "$PATIENCE" eval '(($(times repaired) == 2))'
expect grep -aq "^XFS_HEALER_PATH=/d"$'\xff'"\$" "$HERE"/told/*.repaired
expect_repairs cntbt 1
expect_repairs directory 1
clean
expect [ "$(times unmounted)" = 1 ]

use own
fs full
mount_fs
cp "$HERE/hook" "$MNT/hook"
heal --exec="$MNT/hook"
expect_err "cannot run the hook $MNT/hook: it is on a filesystem that is monitored, which it would hold"
unmount "$MNT"
expect_end "$END_LIMIT"

use missing
fs full
damage_ag 1 bnobt
heal --exec=/nonexist
expect_err 'cannot run the hook /nonexist: No such file or directory'
touch_ag 1 bnobt
expect_log "$MNT agno 0x1 bnobt: Repairs successful."
expect_repairs bnobt 1
clean
expect [ "$(grep -c "the hook" "$ERR")" = 1 ]
expect_full_scrubs 0
