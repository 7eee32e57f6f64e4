# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What the commands of the tests need on this machine, and how it gets there. To be sourced.

# System programs live here, also where an ordinary user's PATH does not lead.
PATH=$PATH:/usr/sbin:/sbin

# Each command with the programs that it runs, and the commands; a file stands for what has no program.
declare -A NEEDS=(
	[tests/run]='rust abidiff clang g++ git jq make mandoc objcopy pkg-config systemd-analyze systemd-escape valgrind
		tests/fuzz/run tests/packages tests/vm/json tests/vm/run tests/vm/systemd tests/vm/initramfs'
	[tests/bench/burst]='rust tests/vm/boot'
	[tests/bench/freeze]='rust cpio zstd tests/vm/boot'
	[tests/bench/many]='rust tests/vm/boot'
	[tests/bench/run]='rust make objcopy pkg-config'
	[tests/bench/unit]='tests/vm/systemd'
	[tests/campaign/run]='tests/vm/run'
	[tests/faults/run]='tests/vm/run'
	[tests/faults/want]='tests/vm/run'
	[tests/cross]='rust make readelf'
	[tests/deb/root]='debian'
	[tests/fuzz/run]='rust c++'
	[tests/figures]='cpio zstd tests/vm/demo tests/vm/run tests/bench/burst'
	[tests/fresh]='git debian'
	[tests/packages]='rust git xz tests/deb/root'
	[tests/recordings/renew]='rust python3 tests/vm/run'
	[tests/rules]='rust go logger python3 rsyslogd /lib/systemd/systemd-journal-remote'
	[tests/soak/run]='tests/vm/run'
	[tests/vm/boot]='cc cpio qemu-system-x86_64 tests/vm/guest'
	[tests/vm/booted/boot]='cpio qemu-system-x86_64 xz tests/vm/debian'
	[tests/vm/debian]='debian'
	[tests/vm/demo]='rust tests/vm/boot'
	[tests/vm/guest]='cpio xz zstd debian'
	[tests/vm/initramfs]='rust make qemu-system-x86_64 tests/vm/debian'
	[tests/vm/json]='jq /usr/lib/python3/dist-packages/jsonschema tests/vm/run'
	[tests/vm/kernel]='tests/vm/guest'
	[tests/vm/metrics]='jq promtool prometheus-node-exporter tests/vm/run'
	[tests/vm/run]='rust make objcopy pkg-config tests/vm/boot'
	[tests/vm/systemd]='tests/packages tests/vm/booted/boot'
	# Ubuntu does not have the keys by itself.
	[debian]='mmdebstrap /usr/share/keyrings/debian-archive-keyring.gpg'
	# Cargo links with cc, and fetches the crates.
	[rust]='cargo cc /etc/ssl/certs/ca-certificates.crt'
)
# Who is not root maps users.
((EUID == 0)) || NEEDS[tests/vm/debian]+=' newuidmap'

# The packages of Debian and Ubuntu that have these programs, where they are not called like them.
declare -A PACKAGES_OF=(
	[/etc/ssl/certs/ca-certificates.crt]=ca-certificates
	[/usr/aarch64-linux-gnu/include/stdio.h]=libc6-dev-arm64-cross
	[/usr/i686-linux-gnu/include/stdio.h]=libc6-dev-i386-cross
	[/usr/i686-linux-gnu/lib/ld-linux.so.2]=libc6-i386-cross
	[/usr/s390x-linux-gnu/include/stdio.h]=libc6-dev-s390x-cross
	[/usr/share/keyrings/debian-archive-keyring.gpg]=debian-archive-keyring
	[/usr/lib/python3/dist-packages/jsonschema]=python3-jsonschema
	[aarch64-linux-gnu-gcc]=gcc-aarch64-linux-gnu
	[abidiff]=abigail-tools
	[c++]=g++
	[cc]='gcc libc6-dev'
	[go]=golang-go
	[/lib/systemd/systemd-journal-remote]=systemd-journal-remote
	[i686-linux-gnu-gcc]=gcc-i686-linux-gnu
	[logger]=bsdutils
	[newuidmap]=uidmap
	[objcopy]=binutils
	[pkg-config]=pkgconf
	[promtool]=prometheus
	[qemu-aarch64-static]=qemu-user-static
	[qemu-s390x-static]=qemu-user-static
	[qemu-system-x86_64]=qemu-system-x86
	[readelf]=binutils
	[rsyslogd]=rsyslog
	[s390x-linux-gnu-gcc]=gcc-s390x-linux-gnu
	[systemd-analyze]=systemd
	[systemd-escape]=systemd
	[xz]=xz-utils
)
# The oldest that will do.
OLDEST_RUST=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' "$(dirname "${BASH_SOURCE[0]}")/../../Cargo.toml")

# needs NAME...: what these commands and programs need is there, or is installed, by root on Debian and Ubuntu. Else the script ends
# here, and says all that is missing.
needs() {
	local missing packages
	mapfile -t missing < <(missing "$@")
	((${#missing[@]})) || return 0
	if ((EUID == 0)) && type -P apt-get >/dev/null; then
		apt-get -q update >&2 || true  # it says what is wrong, and what is there may do
		mapfile -t packages < <(packages "${missing[@]}")
		echo "$0: installing ${packages[*]}" >&2
		install_packages "${packages[@]}"
		mapfile -t missing < <(missing "$@")
		((${#missing[@]})) || return 0
	fi
	mapfile -t packages < <(packages "${missing[@]}")
	echo "$0: missing: ${missing[*]}; on Debian or Ubuntu: sudo apt-get install --no-install-recommends ${packages[*]}" >&2
	[[ " ${missing[*]} " != *' cargo '* ]] || echo "$0: Rust must be $OLDEST_RUST or later; https://rustup.rs has it if the packages do not" >&2
	exit 2
}

# install_packages PACKAGE...: or as many of them as there are.
install_packages() {
	local package
	! apt_install "$@" || return 0
	for package in "$@"; do apt_install "$package" || backport_install "$package" || true; done
}

# apt_install [OPTION...] PACKAGE...: nothing goes for it that somebody has installed.
apt_install() { DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-remove --no-install-recommends install "$@" >&2; }

# backport_install PACKAGE: from where a package of this machine may come beside which that of its release cannot be installed (all of
# QEMU is of one version). What apt is set up for stays as it is.
backport_install() (
	codename=$(. /etc/os-release && [[ $ID == debian ]] && echo "$VERSION_CODENAME") || return 1
	uri=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $codename" | sort -u | head -n 1)
	[[ $uri ]] || return 1
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	mkdir -p "$work"/{parts,lists/partial}
	cp -R /etc/apt/sources.list.d/. "$work/parts" 2>/dev/null || true
	echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $uri $codename-backports main" >"$work/parts/backports-of-tests.list"
	own=(-o "Dir::Etc::SourceParts=$work/parts" -o "Dir::State::Lists=$work/lists")
	echo "$0: trying $codename-backports for $1" >&2
	apt-get -q "${own[@]}" update >&2 && apt_install "${own[@]}" -t "$codename-backports" "$1"
)

# missing NAME...: which of the programs is not there.
missing() {
	local name
	for name in $(programs "$@" | sort -u); do is_there "$name" || echo "$name"; done
}

# programs NAME...: those of commands, and what they call.
programs() {
	local name
	for name in "$@"; do
		# shellcheck disable=SC2086  # words
		if [[ -n ${NEEDS[$name]-} ]]; then programs ${NEEDS[$name]}; else echo "$name"; fi
	done
}

# is_there PROGRAM: and can be used.
is_there() {
	case $1 in
	cargo) type -P cargo >/dev/null && is_new_enough "$(rustc --version 2>/dev/null | cut -d ' ' -f 2)" ;;
	cc) type -P cc >/dev/null && echo '#include <stdio.h>' | cc -E -x c - >/dev/null 2>&1 ;;
	/*) [[ -e $1 ]] || ! type -P apt-get >/dev/null ;;  # it lies elsewhere in other distributions
	*) type -P "$1" >/dev/null ;;
	esac
}

is_new_enough() { [[ -n $1 ]] && printf '%s\n' "$OLDEST_RUST" "$1" | sort -V -C; }

# packages PROGRAM...
packages() {
	local name
	for name in "$@"; do
		# shellcheck disable=SC2086  # words
		if [[ $name == cargo ]]; then rust_package; else printf '%s\n' ${PACKAGES_OF[$name]-$name}; fi
	done | sort -u
}

# Debian has a newer Rust beside that of an old release, for browsers.
rust_package() {
	local name
	for name in cargo cargo-web; do
		! is_new_enough "$(apt-cache show --no-all-versions "$name" 2>/dev/null | sed -n 's/^Version: //p')" || { echo "$name"; return; }
	done
	echo cargo
}
