// SPDX-License-Identifier: LGPL-2.1-or-later
//
// hold_anonymous_of DIR FILE: holds the lock of the inode of all anonymous files. The monitor of the XFS of DIR is opened and FILE is mapped,
// and after SIGCONT the monitor is read into that memory, which takes as long as FILE cannot be read.
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

struct xfs_health_monitor { uint64_t flags; uint8_t format, pad[23]; };
#define XFS_IOC_HEALTH_MONITOR _IOW('X', 68, struct xfs_health_monitor)

int main(int argc, char **argv)
{
	struct xfs_health_monitor ask = { 0 };
	int dir = open(argv[argc > 2 ? 1 : 0], O_RDONLY), file = open(argv[argc - 1], O_RDONLY);
	int monitor = ioctl(dir, XFS_IOC_HEALTH_MONITOR, &ask);
	void *page = mmap(0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE, file, 0);

	if (monitor < 0 || page == MAP_FAILED) {
		perror("hold_anonymous_of");
		return 1;
	}
	raise(SIGSTOP);
	// The first event says that monitoring runs.
	return read(monitor, page, 4096) < 0;
}
