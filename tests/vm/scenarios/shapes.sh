# SPDX-License-Identifier: LGPL-2.1-or-later
# Blocks, sectors and inodes of other sizes than usual, blocks that are larger than a page among them: on each of them the inodes that
# must not be loaded are found on the device, by their right numbers, and a damaged btree is healed.
in_background
# shape NAME MKFS OPTION...
shapes=()
shape() {
	shapes+=("$1")
	use "$1"
	fs full "${@:2}"
	bad_links
	echo "${BAD_LINKS[*]}" >"$HERE/$1.links"
	damage_ag 1 bnobt
	heal
	touch_ag 1 bnobt
}
shape small -b size=1024 -i size=512
shape large -b size=65536 -i size=2048
shape sectors -s size=4096 -i size=1024
for shape in "${shapes[@]}"; do
	use "$shape"
	read -ra BAD_LINKS <"$HERE/$shape.links"
	says_bad_links
	expect_log "$MNT agno 0x1 bnobt: Repairs successful."
	expect_repairs bnobt 1
	dismiss
	expect_bad_links_whole
done
