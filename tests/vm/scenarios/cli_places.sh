# SPDX-License-Identifier: LGPL-2.1-or-later
# What is no mounted XFS is refused in the words of 7.2.0; what is one, however it is named, is monitored and printed as typed.
for who in ours theirs; do
	use "$who"
	fs full
	mount_fs
	mkdir "/mnt/$who-root" "/mnt/$who-bind"
	mount --bind "$MNT" "/mnt/$who-root"
	mount --bind "$MNT/one" "/mnt/$who-bind"
	ln -s "$MNT" "/mnt/$who-link"
	use "$who-down"
	fs full
	mount_fs
	xfs_io -x -c shutdown "$MNT"
done
cases() {
	same /nonexist
	same "$MNT/nonexist"
	same /tmp
	same /mnt
	same /proc
	same /dev/null
	same "$MNT/one"
	same "/mnt/$WHO-link/two"
	same "$MNT/one/lines.aa"
	same "$MNT/one/lines.aa/"
	same /vm/suite
	same "/mnt/$WHO-bind"
	same "/mnt/$WHO-bind" --repair
	differs '5: 1 instead of 255' "/mnt/$WHO-bind" --supported <<-END
		exit 1
		out: /mnt/fs-bind: Only logging errors per autofsck directive.
		err: /mnt/fs-bind: Operation not permitted
	END
	same "/mnt/$WHO-down"
	same "/mnt/$WHO-down" --repair
	differs '5: 1 instead of 255' "/mnt/$WHO-down" --supported <<-END
		exit 1
		err: /mnt/fs-down: Input/output error
	END
	same "/mnt/$WHO-root"
	same "/mnt/$WHO-link"
	same "/mnt/$WHO-link/"
	same "$MNT/"
	same "$MNT///"
	same "$MNT/one/.."
	cd /mnt
	same "$WHO"
	same "./$WHO/"
	cd "$MNT"
	same .
	same ../"$WHO"
	cd "$MNT/one"
	same .
	same ..
	cd /
	local HOW='setpriv --reuid 1000 --regid 1000 --clear-groups --inh-caps=-all' LABEL=unprivileged
	same "$MNT"
	same --repair "$MNT"
	same --no-autofsck "$MNT"
	differs '5: 1 instead of 255' --supported "$MNT" <<-END
		exit 1
		out: /mnt/fs: Only logging errors per autofsck directive.
		err: /mnt/fs: Operation not permitted
	END
	differs '5: 1 instead of 255' --supported --repair "$MNT" <<-END
		exit 1
		err: /mnt/fs: XFS online repair is not supported, exiting
	END
	same "$MNT/one"
	HOW= LABEL='already monitored'
	"$C_HEALER" --no-autofsck "$MNT" >"$HERE/$WHO.first" 2>&1 &
	first=$!
	eventually "$PATIENCE" grep -q 'monitoring started' "$HERE/$WHO.first"
	same "$MNT"
	differs '5: 1 instead of 255' --supported "$MNT" <<-END
		exit 1
		out: /mnt/fs: Automatically repairing per autofsck directive.
		err: /mnt/fs: XFS health monitoring already running.
	END
	same --repair "$MNT"
	same --no-autofsck --quiet "$MNT"
	kill "$first"
}
both
