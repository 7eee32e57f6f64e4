/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Prints the version of the library, by the header it was compiled with and by the library. */
#include <inttypes.h>
#include <stdio.h>
#include <xfshealer.h>

int main(void)
{
	printf("%s %d %" PRIu32 "\n", xfshealer_version(), XFSHEALER_ABI_VERSION,
	       xfshealer_abi_version());
	return 0;
}
