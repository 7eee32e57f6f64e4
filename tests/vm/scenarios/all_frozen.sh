# SPDX-License-Identifier: LGPL-2.1-or-later
# Frozen filesystems do not stop the others: not those frozen before the start, and not the repairs that wait in the kernel with
# every thread there is. After the thaw they are healed too.
names=(one two three four)
for name in "${names[@]}"; do
	use "$name"
	fs full
	damage_ag 1 bnobt
	damage_ag 2 cntbt
	mount_fs
done
use five
fs full
damage_ag 1 bnobt

use one
fsfreeze --freeze "$MNT"
heal_all
all_complains '/mnt/one: does not answer, it may be frozen; repairs wait until it does'
for name in two three four; do
	all_says "/mnt/$name: monitoring started"
	use "$name"
	fsfreeze --freeze "$MNT"
	touch_ag 1 bnobt
	touch_ag 2 cntbt
	all_says "/mnt/$name agno 0x1 bnobt: sick"
done
use five
mount_fs
all_says '/mnt/five: monitoring started'
touch_ag 1 bnobt
all_says '/mnt/five agno 0x1 bnobt: Repairs successful.'
for name in "${names[@]}"; do
	use "$name"
	fsfreeze --unfreeze "$MNT"
	touch_ag 1 bnobt
	touch_ag 2 cntbt
done
all_complains '/mnt/one: answers again'
for name in "${names[@]}"; do
	all_says "/mnt/$name agno 0x1 bnobt: Repairs successful."
	all_says "/mnt/$name agno 0x2 cntbt: Repairs successful."
done
one_thread() { (($(ls "/proc/$ALL_PID/task" | wc -l) == 1)); }
eventually 30 one_thread
end_all
for name in "${names[@]}" five; do
	use "$name"
	repairs_vary  # who meets the damage while it is being repaired reports it again, and then it is looked at once more
	expect [ "$(rebuilds bnobt)" = 1 ]
	[[ $name == five ]] || expect [ "$(rebuilds cntbt)" = 1 ]
	expect_clean
done
