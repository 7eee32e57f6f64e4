# SPDX-License-Identifier: LGPL-2.1-or-later
#
# How slow this machine is, and waiting accordingly: so many seconds mean those of the machine of reference, an AMD EPYC of 2.4 GHz
# with two processors and QEMU 7.2 without KVM in November 2026. While a small piece of work, a few programs and some turns of a
# loop, takes longer than there, every limit lasts longer in proportion. On a faster machine limits stay as they are.

GUEST_TAKES=65  # milliseconds of processor time that the work takes in a guest there; what else the guest does is not slowness
HOST_TAKES=5  # milliseconds that it takes outside
SLOW=100  # percent of that, here and now
PACE=/run/pace  # where the guest notes it

# work: that piece.
work() {
	local i
	for i in 1 2 3 4; do /bin/true; done
	for ((i = 0; i < 500; i++)); do :; done
}

# slowness TOOK TAKES: SLOW, from how long it took and takes there, and took the last time: one that was lucky is not believed.
slowness() {
	local before=${slow-100}
	slow=$(($1 * 100 / $2))
	SLOW=$((slow > before ? slow : before))
	((SLOW >= 100)) || SLOW=100
}

# passes: takes from "left" the microseconds since "last", as the machine of reference would count them; both are variables of the
# caller. False if nothing is left.
passes() {
	local now=${EPOCHREALTIME/./}
	left=$((left - (now - last) * 100 / SLOW)) last=$now
	((left > 0))
}

# noted: SLOW is what the guest has noted.
noted() {
	local slow
	! read -r slow 2>/dev/null <"$PACE" || SLOW=$slow
}

# slowly SECONDS: so many whole seconds here, for who can be told only once.
slowly() {
	noted
	echo $((($1 * SLOW + 99) / 100))
}
