// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Runs a program on a terminal of its own: standard input is what is typed there, standard output has what is shown. With the
 * end of the input the terminal is gone, as when its window is closed.
 *
 *   on_terminal PROGRAM [ARGUMENT...]
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* Copies what there is; 0 at the end. */
static int copy(int from, int to)
{
	char bytes[4096];
	ssize_t len = read(from, bytes, sizeof(bytes));

	return len > 0 && write(to, bytes, (size_t)len) == len;
}

int main(int argc, char **argv)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	if (argc < 2 || terminal < 0 || grantpt(terminal) || unlockpt(terminal))
		return 125;
	if (!fork()) {
		int end = open(ptsname(terminal), O_RDWR | O_NOCTTY);

		if (end < 0 || setsid() < 0 || ioctl(end, TIOCSCTTY, 0))
			return 125;
		for (int fd = 0; fd < 3; fd++)
			if (dup2(end, fd) != fd)
				return 125;
		if (end > 2)
			close(end);
		execvp(argv[1], argv + 1);
		return 126;
	}
	for (;;) {
		struct pollfd fds[] = { { .fd = 0, .events = POLLIN }, { .fd = terminal, .events = POLLIN } };

		if (poll(fds, 2, -1) < 0)
			return 125;
		if (fds[1].revents & POLLIN && !copy(terminal, 1))
			return 125;
		if (fds[0].revents & (POLLIN | POLLHUP) && !copy(0, terminal))
			return 0;
		if (fds[1].revents & POLLHUP && !(fds[1].revents & POLLIN))
			return 0;
	}
}
