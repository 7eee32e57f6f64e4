// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A filesystem of FUSE that pretends to be an XFS: its root directory answers each ioctl with success, whatever is asked. Each name in
 * it is a directory, and each time that a path leads there the server is asked: while it is stopped nothing gets through. From SIGUSR1
 * on it takes requests and answers none: who waits for that is ended by nothing but its end.
 *
 *   pretend_xfs DIRECTORY ANSWER
 *
 * Mounts itself on the directory and serves until it is unmounted. ANSWER is what each ioctl returns.
 */
#include <fcntl.h>
#include <linux/fuse.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static char request[FUSE_MIN_READ_BUFFER * 2] __attribute__((aligned(8)));

static volatile sig_atomic_t answers = 1;

static void no_longer(int signal) { answers = signal == SIGUSR1 ? 0 : answers; }

/* Answers with an errno, or with what is asked for. */
static void answer(int fd, int error, const void *head, size_t head_size, size_t filled)
{
	static char fill[1 << 16];
	const struct fuse_in_header *in = (const void *)request;
	struct fuse_out_header out = { .error = -error, .unique = in->unique };
	struct iovec parts[] = { { &out, sizeof(out) }, { (void *)head, head_size }, { fill, filled } };

	memset(fill, 1, sizeof(fill));
	out.len = sizeof(out) + head_size + filled;
	if (writev(fd, parts, 3) < 0)
		perror("writev");
}

int main(int argc, char **argv)
{
	const struct fuse_in_header *in = (const void *)request;
	const void *what = in + 1;
	char options[80];
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);

	if (argc != 3 || fd < 0)
		return 125;
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0,allow_other", fd);
	if (mount("xfs", argv[1], "fuse.xfs", 0, options))
		return 125;
	signal(SIGUSR1, no_longer); /* a read that is interrupted goes on */
	while (read(fd, request, sizeof(request)) > 0) {
		const struct fuse_init_in *init = what;
		const struct fuse_ioctl_in *call = what;
		const struct fuse_init_out started = { .major = FUSE_KERNEL_VERSION, .minor = init->minor, .max_write = 4096 };
		const struct fuse_attr_out attributes = { .attr = { .ino = in->nodeid, .mode = S_IFDIR | 0755, .nlink = 2 } };
		const struct fuse_entry_out entry = { .nodeid = 2, .attr = { .ino = 2, .mode = S_IFDIR | 0755, .nlink = 2 } };
		const struct fuse_ioctl_out called = { .result = atoi(argv[2]) };
		const struct fuse_open_out opened = { 0 };
		const struct fuse_statfs_out room = { 0 };

		if (!answers)
			continue;
		switch (in->opcode) {
		case FUSE_INIT: answer(fd, 0, &started, sizeof(started), 0); break;
		case FUSE_LOOKUP: answer(fd, 0, &entry, sizeof(entry), 0); break;
		case FUSE_GETATTR: answer(fd, 0, &attributes, sizeof(attributes), 0); break;
		case FUSE_OPENDIR: answer(fd, 0, &opened, sizeof(opened), 0); break;
		case FUSE_RELEASEDIR: answer(fd, 0, NULL, 0, 0); break;
		case FUSE_STATFS: answer(fd, 0, &room, sizeof(room), 0); break;
		case FUSE_IOCTL: answer(fd, 0, &called, sizeof(called), call->out_size); break;
		case FUSE_FORGET: case FUSE_BATCH_FORGET: case FUSE_INTERRUPT: break;
		default: answer(fd, 38 /* ENOSYS */, NULL, 0, 0);
		}
	}
	return 0;
}
