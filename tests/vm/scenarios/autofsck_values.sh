# SPDX-License-Identifier: LGPL-2.1-or-later
# Every value of the property "autofsck", with and without the options that overrule it: what is said and whether it goes on
# is as with 7.2.0.
for who in ours theirs; do
	use "$who"; fs full; mount_fs
done
cases() {
	local value LABEL
	for value in repair check optimize junk Repair; do
		autofsck "$value"
		same "$MNT"
	done
	same --repair "$MNT"
	same --quiet "$MNT"
	autofsck ''
	same "$MNT"
	autofsck none
	same "$MNT"
	same --quiet "$MNT"
	same --repair "$MNT"
	same --no-autofsck "$MNT"
	same --no-autofsck --supported "$MNT"
	same --supported "$MNT"
	autofsck repair
	same --quiet "$MNT"
	same --no-autofsck "$MNT"
	same --supported "$MNT"
	autofsck
	same "$MNT"
	same --supported "$MNT"
}
both
