# SPDX-License-Identifier: LGPL-2.1-or-later
# Options, their abbreviations and mistakes are answered as by 7.2.0, but for --version, --help and new options.
for who in ours theirs; do
	use "$who"
	fs full
	mount_fs
done
cases() {
	differs 'says what is missing' <<-END
		exit 1
		err: xfs_healer: the mount point is missing
		err: Usage: xfs_healer [OPTIONS] mountpoint
		err: 
		err: Options:
	END
	differs 'says what is missing' -- <<-END
		exit 1
		err: xfs_healer: the mount point is missing
		err: Usage: xfs_healer [OPTIONS] mountpoint
		err: 
		err: Options:
	END
	same --nope "$MNT"
	same "$MNT" --nope
	same -x "$MNT"
	same -x=y "$MNT"
	same ---
	same --s "$MNT"
	same --su --nope "$MNT"
	same --repair=yes "$MNT"
	same --rep=yes "$MNT"
	same --svcname=/m
	differs 'says what is too much' "$MNT" /mnt <<-END
		exit 1
		err: xfs_healer: more than one mount point
		err: Usage: xfs_healer [OPTIONS] mountpoint
		err: 
		err: Options:
	END
	differs 'says what is too much' -- --repair "$MNT" <<-END
		exit 1
		err: xfs_healer: more than one mount point
		err: Usage: xfs_healer [OPTIONS] mountpoint
		err: 
		err: Options:
	END
	same -- --help
	same -- --repair
	differs 'perror(3) leaves an empty name out' '' <<-END
		exit 1
		err: : No such file or directory
	END
	same -
	same -V
	same -VV "$MNT" /mnt
	same --repair -V
	same -V --nope
	same -Vx
	same -V --s
	same --nope -V
	same --nope --help
	same "$MNT" --no-autofsck
	same --n -- "$MNT"
	same --e --d --q --f "$MNT"
	same --rep --no "$MNT"
	same --sup "$MNT"
	same "$MNT" --supported --repair
	differs '6: --help to standard output' --help <<-END
		exit 0
		out: Usage: xfs_healer [OPTIONS] mountpoint
		out: 
		out: Options:
	END
	differs '6: --help to standard output' -V --h --nope <<-END
		exit 0
		out: Usage: xfs_healer [OPTIONS] mountpoint
		out: 
		out: Options:
	END
	differs '6: --version' "$MNT" --version <<-END
		exit 0
		out: xfs_healer version 7.2.0
	END
	differs 'new option' --ignore --supported "$MNT" <<-END
		exit 0
		out: /mnt/fs: Automatically repairing per autofsck directive.
	END
}
both
