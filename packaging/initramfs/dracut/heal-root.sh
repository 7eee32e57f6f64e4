#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# The root filesystem is mounted and not handed over yet. Sourced by dracut.

/usr/libexec/xfsprogs/xfs_healer_root "$NEWROOT"
