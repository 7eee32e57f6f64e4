# SPDX-License-Identifier: LGPL-2.1-or-later
# The link counts of two files are 0, with good checksums; one is still in its directory, both are on no list of unlinked
# inodes. Whatever loads them ends the filesystem, and most of it deletes the file. A healer that looks through all inodes does
# not load them and says so; the filesystem goes on, and xfs_repair brings both files back.
in_background
fs full
bad_links
heal
says_bad_links
alive || fail 'the healer is gone'
kill -TERM "$PID"
expect_end "$END_LIMIT"
expect_bad_links_whole
