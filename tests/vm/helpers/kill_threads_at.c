// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Runs a program of which the kernel kills each thread that makes one call, as a crash in that call would: the process lives on,
 * and nothing of the thread runs any more.
 *
 *   kill_threads_at geometry|parents|monitor|socketpair PROGRAM [ARGUMENT...]
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

/* What a worker calls to look at an AG, for the path of a file, to open a filesystem, to start a full scrub. */
static const struct { const char *name; unsigned int nr, request; } calls[] = {
	{ "geometry", SYS_ioctl, _IOC(_IOC_READ | _IOC_WRITE, 'X', 61, 128) },
	{ "parents", SYS_ioctl, _IOC(_IOC_READ | _IOC_WRITE, 'X', 63, 64) },
	{ "monitor", SYS_ioctl, _IOC(_IOC_WRITE, 'X', 68, 32) },
	{ "socketpair", SYS_socketpair, 0 },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; argc > 2 && i < sizeof(calls) / sizeof(calls[0]); i++) {
		struct sock_filter code[] = {
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].nr, 0, 3),
			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].request, 0, calls[i].request ? 1 : 0),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_THREAD),
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		};
		struct sock_fprog filter = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

		if (strcmp(argv[1], calls[i].name))
			continue;
		/* By root: without PR_SET_NO_NEW_PRIVS, which programs may ask for. */
		if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
			return 125;
		execv(argv[2], argv + 2);
		return 126;
	}
	return 125;
}
