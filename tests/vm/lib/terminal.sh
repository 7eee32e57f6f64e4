# SPDX-License-Identifier: LGPL-2.1-or-later
#
# A terminal with a shell, and its end.

# terminal: opens one; what it shows is in the file TERMINAL.
terminal() {
	TERMINAL=$HERE/terminal
	mkdir -p /dev/pts
	mountpoint -q /dev/pts || mount -t devpts devpts /dev/pts
	mkfifo "$HERE/typed"
	on_terminal bash --norc -i <"$HERE/typed" >"$TERMINAL" 2>&1 &
	exec {typed}>"$HERE/typed"
}

# types LINE: into that shell.
types() { echo "$1" >&"$typed"; }

# shown LINE: the terminal shows it, soon.
shown() { eventually "$PATIENCE" grep -Fq -- "$1" "$TERMINAL"; }

# terminal_ends: as when somebody closes its window.
terminal_ends() {
	local shell
	shell=$(pgrep -fx 'bash --norc -i')
	exec {typed}>&-
	eventually "$PATIENCE" shell_is_gone "$shell"
}
shell_is_gone() { ! kill -0 "$1"; }
