# SPDX-License-Identifier: LGPL-2.1-or-later
#
# What differs between kernels.

# kernel_before VERSION: the guest's kernel is older.
kernel_before() { [[ $(printf '%s\n' "$1" "$(uname -r)" | sort -V | head -n 1) != "$1" ]]; }

# needs_module NAME: without it the scenario cannot be shown on this kernel.
needs_module() { modprobe "$1" 2>/dev/null || skip "this kernel has no $1"; }
