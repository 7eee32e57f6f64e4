# SPDX-License-Identifier: LGPL-2.1-or-later
#
# For the scripts on the host that fetch from Debian's archive, and keep what they have made of it. To be sourced in the
# repository's top directory.

. tests/lib/needs.sh

SUITE=forky

die() { echo "$0: $*" >&2; exit 1; }

# Debian's archive as the machine's own apt knows it, unless XFSHEALER_MIRROR names one.
mirror() {
	local uris list=(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages')
	[[ -z ${XFSHEALER_MIRROR-} ]] || { echo "$XFSHEALER_MIRROR"; return; }
	uris=$("${list[@]}" 'Label: Debian' 2>/dev/null | sort -u) || true
	# Labels come with the lists: if there are none yet, what is left beside the security archive.
	[[ -n $uris$("${list[@]}" 2>/dev/null) ]] || uris=$("${list[@]}" --no-release-info 2>/dev/null | grep -v security | sort -u) || true
	[[ -n $uris ]] || die "apt knows no Debian archive (on Ubuntu it does not): set XFSHEALER_MIRROR to the URL of one"
	head -n 1 <<<"$uris"
}

# Options for a root in which nothing runs, so that an ordinary user can make it too (chrootless), and root without danger, whatever
# the mmdebstrap of Debian 13 says (skip).
UNPACKED=(--variant=extract --mode=chrootless --skip=check/chrootless)

# fetch ROOT.TAR PACKAGES MMDEBSTRAP_OPTION...: with an apt state of its own; the machine's sources stay untouched.
fetch() {
	local tar=$1 packages=$2 uri check_valid_until
	shift 2
	uri=$(mirror)
	check_valid_until=$(apt-config dump Acquire::Check-Valid-Until 2>/dev/null || true)  # a mirror can be a frozen snapshot
	mmdebstrap --quiet --aptopt="${check_valid_until:-Acquire::Check-Valid-Until \"true\";}" "$@" \
		${packages:+--include="$packages"} "$SUITE" "$tar" "$uri" >&2 || die "cannot fetch Debian's packages (see above)"
}

# kept MEGABYTES FILE...: prints the directory that is named by the content of these files, the recipe, so that a changed recipe
# makes a new one and an unchanged one downloads nothing. If it is not there, `build DIRECTORY` makes it.
kept() {
	local megabytes=$1 target=${CARGO_TARGET_DIR:-target}/vm hash new
	shift
	hash=$(cat "$@" | sha256sum | cut -c1-16)
	mkdir -p "$target"
	target=$(realpath "$target")
	if [[ ! -d $target/$hash ]]; then
		new=$(mktemp -d "$target/new.XXXXXX")
		trap "rm -rf '$new'" EXIT
		chmod 755 "$new"
		echo "$0: making it (once), some $megabytes MB to download" >&2
		build "$new"
		mv -T "$new" "$target/$hash" 2>/dev/null || [[ -d $target/$hash ]] || die "cannot make $target/$hash"
		# What nobody has asked for in a week; another checkout may use a newer or an older one.
		touch "$target/$hash"
		find "$target" -mindepth 1 -maxdepth 1 -mtime +6 -exec rm -rf {} +
	fi
	touch "$target/$hash"
	echo "$target/$hash"
}
