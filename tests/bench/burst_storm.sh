# SPDX-License-Identifier: LGPL-2.1-or-later
# 500 damaged remote symlinks, each read once, of which nothing is lost.
alone
. /vm/scenarios/burst.sh
COUNT=500
touch_all() { touch_symlinks; }
fs full
damage_symlinks "$COUNT"
burst '500 symlinks'
refuse_log '(events|lines|records|frames|reports) (were )?lost|lost (events|reports)'
