# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What tests/deb/check asks of a Debian. To be sourced; everything is forgotten with the copy of it.

# What our package and xfsprogs both have.
TAKEN=(
	/usr/libexec/xfsprogs/{xfs_healer,xfs_healer_start}
	/usr/lib/systemd/system/{system-xfs_healer.slice,xfs_healer@.service,xfs_healer_start.service}
	/usr/share/man/man8/{xfs_healer,xfs_healer_start}.8.gz
)
WANTED=/etc/systemd/system/multi-user.target.wants/xfs_healer_start.service

die() { echo "$*" >&2; exit 1; }
step() { echo "tests/deb/check: $*" >&3; }

# nothing PROGRAM...: it prints nothing; grep, and nothing else, may end with 1 then.
nothing() {
	local said code=0
	said=$("$@") || code=$?
	((code == 0)) || [[ $code == 1 && $* == *grep* ]] || die "$* ended with $code"
	[[ -z $said ]] || die "$* says: $said"
}

# unpacked DEB: a directory with its files.
unpacked() {
	local directory
	directory=/tmp/unpacked/$(basename "$1")
	[[ -d $directory ]] || { mkdir -p "$directory"; dpkg-deb -x "$1" "$directory"; }
	echo "$directory"
}

# installed DEB: each of its files lies where dpkg wants it, as it is in the package. Translations are left out of this Debian.
installed() {
	local directory file at package
	directory=$(unpacked "$1")
	package=$(dpkg-deb --field "$1" Package)
	while read -r file; do
		at=$file
		[[ $(dpkg-divert --listpackage "$file") == "$package" ]] || at=$(dpkg-divert --truename "$file")
		cmp "$directory$file" "$at"
	done < <(find "$directory" -type f -printf '/%P\n' | grep -v '^/usr/share/locale/')
	nothing sh -c "dpkg --verify $package | grep -v /usr/share/locale/"
	[[ $(dpkg-query --show --showformat '${db:Status-Abbrev}${Version}' "$package") == "ii $(dpkg-deb --field "$1" Version)" ]]
}

# sound: nothing is half done or left.
sound() {
	nothing dpkg --audit
	nothing find /etc/systemd -xtype l
}

# ours_beside OUR_DEB XFSPROGS_DEB: both are installed, ours under the names.
ours_beside() {
	local file directory
	installed "$1"
	installed "$2"
	directory=$(unpacked "$1")
	for file in "${TAKEN[@]}"; do cmp "$directory$file" "$file"; done
	sound
}

# only_xfsprogs DEB: as if ours had never been there.
only_xfsprogs() {
	installed "$1"
	nothing dpkg-divert --list '*xfs*'
	nothing find /usr -name '*.xfsprogs*'
	sound
}

# neither: as if both had never been there.
neither() {
	nothing find /usr /etc /var/lib/systemd -name '*xfs_healer*'
	nothing dpkg-divert --list '*xfs*'
	sound
}

# changed DEB VERSION [SED_SCRIPT]: another version of it, of other bytes; the script is for its control file.
changed() {
	local name directory file
	name=$(dpkg-deb --field "$1" Package)
	directory=$(mktemp -d)
	chmod 755 "$directory"
	dpkg-deb -R "$1" "$directory"
	sed -i -e "s/^Version: .*/Version: $2/" -e "${3-}" "$directory/DEBIAN/control"
	for file in "${TAKEN[@]}"; do echo "# $2" >>"$directory$file"; done
	(cd "$directory" && find usr -type f -exec md5sum {} + >DEBIAN/md5sums)
	dpkg-deb -Znone -b "$directory" "/tmp/${name}_$2.deb" >&2
	echo "/tmp/${name}_$2.deb"
}

# blocker FILE: a package that has this file and is in the way of any other that has it.
blocker() {
	local directory
	directory=$(mktemp -d)
	chmod 755 "$directory"
	mkdir -p "$directory/DEBIAN" "$directory${1%/*}"
	: >"$directory$1"
	printf '%s\n' 'Package: blocker' 'Version: 1' 'Architecture: all' 'Maintainer: none' 'Description: none' \
		>"$directory/DEBIAN/control"
	dpkg-deb -b "$directory" /tmp/blocker.deb >&2
	echo /tmp/blocker.deb
}

# with_systemd: from now on maintainer scripts find it, a systemctl that writes down what it is asked for.
with_systemd() {
	mkdir -p /run/systemd/system
	cat >/usr/bin/systemctl <<-END
		#!/bin/sh
		while [ "\${1#-}" != "\$1" ]; do shift; done
		echo "\$*" >>/tmp/calls
		[ "\$1" != is-enabled ] || if [ -L $WANTED ]; then echo enabled; else echo disabled; exit 1; fi
	END
	chmod +x /usr/bin/systemctl
	: >/tmp/calls
}

# called WORDS...: systemctl was asked for each of these, in this order, since the last look.
called() {
	local call found line=0
	for call in "$@"; do
		found=$(awk -v call="$call" -v after="$line" 'NR > after && $0 == call { print NR; exit }' /tmp/calls)
		[[ $found ]] || die "no \"$call\", or not in this order, in: $(paste -sd, /tmp/calls)"
		line=$found
	done
	: >/tmp/calls
}
