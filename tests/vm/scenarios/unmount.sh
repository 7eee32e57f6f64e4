# SPDX-License-Identifier: LGPL-2.1-or-later
# Unmounting ends the healer within a second; it says so and leaves with 0.
alone
fs full
heal
umount "$MNT"
expect_end 1
expect_log "$MNT: filesystem unmounted"
