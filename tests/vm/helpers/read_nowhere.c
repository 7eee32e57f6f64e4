// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Reads a file again and again, with direct I/O and to an address where there is no memory: what the kernel reports of it is
 * nobody's fault but this program's.
 *
 *   read_nowhere FILE COUNT
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int fd = argc == 3 ? open(argv[1], O_RDONLY | O_DIRECT) : -1;
	void *nowhere = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (fd < 0)
		return 125;
	for (long left = atol(argv[2]); left > 0; left--)
		if (pread(fd, nowhere, 4096, 0) >= 0 || errno != EFAULT)
			return 1;
	return 0;
}
