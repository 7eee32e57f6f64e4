# SPDX-License-Identifier: LGPL-2.1-or-later
# Mount points and files whose names have blanks, newlines, escapes, UTF-8, 200 characters or a dash in front: each is
# healed under its name, and no name can forge a line or reach the terminal. One of 1,000 characters is shortened: syslog
# and the kernel log make two lines of a long one.
fs full
mount_fs
make_dir d 20
mv "$MNT/d" "$MNT/"$'d\nforged: filesystem unmounted\e[2J'
trash 8 "inode $(stat -c %i "$MNT"/d*)" 'dblock 0'
n=0
long=$(printf 'x%.0s' {1..200})
while IFS='|' read -r name shown; do
	n=$((n + 1))
	[[ $name != LONG ]] || name=$long shown=$long
	name=$(printf "$name")
	MNT=/mnt/$name
	mkdir -- "$MNT"
	heal_into "$LOG"
	expect_log "/mnt/$shown: monitoring started"
	if ((n == 1)); then
		ls "$MNT"/d* >/dev/null 2>&1 || true
		expect_log "/mnt/$shown/d\\nforged: filesystem unmounted\\x1b[2J directory: sick"
		expect_log "/mnt/$shown/d\\nforged: filesystem unmounted\\x1b[2J directory: Repairs successful."
		refuse_log '^forged'
	fi
	umount -- "$MNT"
	expect_end "$END_LIMIT"
	expect_log "/mnt/$shown: filesystem unmounted"
done <<'END'
with blank|with blank
two\nlines|two\nlines
esc\033[2J|esc\x1b[2J
Stra\303\237e|Straße
LONG|LONG
back\\slash|back\\slash
END
MNT=/mnt/$long/$long/$long/$long/$long
mkdir -p -- "$MNT"
heal_into "$LOG"
expect_log_like '^/mnt/x+/[x/]+\.\.\.[0-9a-f]{16}\.\.\.[x/]+: monitoring started$'
ls "$MNT"/d* >/dev/null 2>&1 || true
umount -- "$MNT"
expect_end "$END_LIMIT"
expect_log_like '^/mnt/x+/[x/]+\.\.\.[0-9a-f]{16}\.\.\.[x/]+: filesystem unmounted$'
refuse_log '^.{901}'
cd /mnt
mkdir -- -dash
mount -o nouuid "$DEV" ./-dash
"$HEALER" -- -dash >"$LOG" 2>"$ERR" &
PID=$!
MNT=-dash expect_log '-dash: monitoring started'
umount ./-dash
expect_end "$END_LIMIT"
expect_repairs directory 1 2
cd /
use fs
expect_clean
