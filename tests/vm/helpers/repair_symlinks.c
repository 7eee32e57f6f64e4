// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Has the kernel repair symbolic links, one call after the other and nothing else, and prints what that took: milliseconds, and
 * those of processor time. No healer can be faster.
 *
 *   repair_symlinks ROOT LINK...
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <time.h>

/* struct xfs_scrub_metadata */
struct scrub {
	uint32_t type, flags;
	uint64_t ino;
	uint32_t gen, agno;
	uint64_t reserved[5];
};
#define SCRUB _IOWR('X', 60, struct scrub)
#define SYMLINK 17
#define REPAIR 1

/* File handle of kind 0x81 (FILEID_INO64_GEN). */
union link {
	struct file_handle handle;
	struct {
		struct file_handle header;
		uint64_t ino;
		uint32_t gen;
	} __attribute__((packed)) id;
	char room[sizeof(struct file_handle) + MAX_HANDLE_SZ];
};

static double ms(struct timespec t) { return t.tv_sec * 1e3 + t.tv_nsec / 1e6; }

int main(int argc, char **argv)
{
	int root = argc > 2 ? open(argv[1], O_RDONLY | O_DIRECTORY) : -1, mount, failed = 0;
	struct scrub *calls = calloc(argc, sizeof(*calls));
	struct timespec before[2], after[2];

	if (root < 0 || !calls)
		return 125;
	for (int i = 2; i < argc; i++) {
		union link link = { .handle.handle_bytes = MAX_HANDLE_SZ };
		if (name_to_handle_at(AT_FDCWD, argv[i], &link.handle, &mount, 0)) {
			perror(argv[i]);
			return 1;
		}
		calls[i] = (struct scrub){ .type = SYMLINK, .flags = REPAIR };
		if (link.handle.handle_type == 1) { /* FILEID_INO32_GEN */
			uint32_t id[2];
			memcpy(id, link.handle.f_handle, sizeof(id));
			calls[i].ino = id[0];
			calls[i].gen = id[1];
		} else {
			calls[i].ino = link.id.ino;
			calls[i].gen = link.id.gen;
		}
	}
	clock_gettime(CLOCK_MONOTONIC, &before[0]);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before[1]);
	for (int i = 2; i < argc; i++)
		failed += ioctl(root, SCRUB, &calls[i]) != 0 || calls[i].flags & 2;
	clock_gettime(CLOCK_MONOTONIC, &after[0]);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after[1]);
	printf("%.0f %.0f\n", ms(after[0]) - ms(before[0]), ms(after[1]) - ms(before[1]));
	return failed ? 1 : 0;
}
