# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Filesystems that do not answer. Their servers are there, and who asks them something waits.

# serves DIRECTORY: a filesystem of FUSE is mounted there, in which each name is a directory; its server is SERVER.
serves() {
	needs_module fuse
	mkdir -p "$1"
	/vm/bin/pretend_xfs "$1" 0 &
	SERVER=$!
	eventually "$PATIENCE" grep -q " $1 fuse" /proc/mounts
}

# dies SERVER...: is stopped, and answers nothing from here on.
dies() {
	local server
	kill -STOP "$@"
	for server; do eventually "$PATIENCE" grep -q '^State:.T' "/proc/$server/status"; done
}

# swallows SERVER: from here on it takes what it is asked and answers nothing. Who waits for that is ended by nothing.
swallows() { kill -USR1 "$1"; }

# revives SERVER...: answers again, also what it was asked meanwhile.
revives() { kill -CONT "$@"; }
