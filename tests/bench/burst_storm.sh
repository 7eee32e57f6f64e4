# SPDX-License-Identifier: LGPL-2.1-or-later
# 500 damaged remote symlinks, each read once, of which nothing is lost.
alone
. /vm/scenarios/burst.sh
burst_of_symlinks 500
refuse_log '(events|lines|records|frames|reports) (were )?lost|lost (events|reports)'
