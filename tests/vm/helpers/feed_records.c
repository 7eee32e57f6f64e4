// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Runs a healer that reads the records of a recording (xfs_healer --record) in place of those of the kernel: where it asks for the
 * health monitor it gets a file with them. Everything else is the kernel's.
 *
 *   feed_records RECORDING N PROGRAM [ARGUMENT...]   the records of the Nth filesystem in the recording
 */
#define _GNU_SOURCE
#include <linux/filter.h>
#include <linux/ioctl.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIRST_LINE "xfs_healer recording 1 little\n"
#define HEALTH_MONITOR _IOC(_IOC_WRITE, 'X', 68, 32)

struct head {
	uint32_t bytes, kind;
	uint64_t filesystem, time;
};
enum { FILESYSTEM = 2, RECORD = 3, KNOWN_LOSS = 4 };

/* Copies the records of a filesystem; of recordings that follow each other in the file each has but one at a time. */
static int copy_records(FILE *from, unsigned long wanted, int to)
{
	unsigned long number = 0;
	uint64_t filesystem = 0;
	struct head head;
	char content[8192];
	size_t bytes;

	while (fread(&head, sizeof(head), 1, from) == 1) {
		/* What is too long for a frame is the line before a recording. */
		int begins = head.bytes > sizeof(content);

		bytes = begins ? sizeof(FIRST_LINE) - 1 - sizeof(head) : head.bytes;
		if (bytes && fread(content, bytes, 1, from) != 1)
			return -1;
		if (begins) {
			filesystem = 0;
		} else if (head.kind == FILESYSTEM && head.filesystem != filesystem) {
			filesystem = head.filesystem;
			number++;
		} else if ((head.kind == RECORD || head.kind == KNOWN_LOSS) && number == wanted) {
			if (write(to, content, bytes) != (ssize_t)bytes)
				return -1;
		}
	}
	return wanted && wanted <= number ? 0 : -1;
}

/* Has these calls wait for an answer, those of this process and its children. */
static int listen_for_calls(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_ioctl, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, HEALTH_MONITOR, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &filter);
}

int main(int argc, char **argv)
{
	struct seccomp_notif call = { 0 };
	struct seccomp_notif_addfd answer = { .flags = SECCOMP_ADDFD_FLAG_SEND };
	int records = memfd_create("records", 0), listener, status;
	FILE *recording = argc > 3 ? fopen(argv[1], "r") : NULL;
	pid_t child;

	if (!recording || copy_records(recording, strtoul(argv[2], NULL, 10), records) || lseek(records, 0, SEEK_SET))
		return 125;
	listener = listen_for_calls();
	if (listener < 0)
		return 125;
	child = fork();
	if (child == 0) {
		close(listener);
		execv(argv[3], argv + 3);
		_exit(126);
	}
	answer.srcfd = records;
	if (child < 0 || ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &call))
		return 125;
	answer.id = call.id;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &answer) < 0)
		return 125;
	/* Whoever asks once more is told that there is no such call. */
	close(listener);
	if (waitpid(child, &status, 0) < 0)
		return 125;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
