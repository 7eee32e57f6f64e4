# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Parts of Markdown files that a script writes. To be sourced.

# put NAME FILE: replaces the lines between "<!-- NAME: ..." and the next "<!-- end of ..." in FILE by standard input.
put() {
	local new
	new=$(mktemp)
	awk -v begin="<!-- $1: " '
		FILENAME == "-" { text = text $0 "\n"; next }
		index($0, begin) == 1 { print; printf "%s", text; inside = found = 1; next }
		/^<!-- end of / { inside = 0 }
		!inside
		END { exit !found }' - "$2" >"$new" || { echo "$0: no part \"$1\" in $2" >&2; rm "$new"; return 1; }
	cat "$new" >"$2"
	rm "$new"
}

# part NAME FILE: the lines between these.
part() { awk -v begin="<!-- $1: " 'index($0, begin) == 1 { inside = 1; next } /^<!-- end of / { inside = 0 } inside' "$2"; }
