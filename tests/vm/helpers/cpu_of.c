// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Prints the processor time that a process has used, in microseconds: also that of its threads that have ended, and nothing of its
 * children. /proc tells it in hundredths of a second only, or of one thread.
 *
 *   cpu_of PID
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

int main(int argc, char **argv)
{
	struct timespec used;
	clockid_t clock;

	if (argc != 2 || clock_getcpuclockid(atoi(argv[1]), &clock) || clock_gettime(clock, &used))
		return 1;
	printf("%lld\n", used.tv_sec * 1000000LL + used.tv_nsec / 1000);
	return 0;
}
