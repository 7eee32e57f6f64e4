// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Runs a program to which the kernel answers one system call with an errno, in all threads: an ioctl, as a kernel that was built
 * without it would, or all of a kind, as a filter of systemd does. strace(1) injects errors by place, and the order of calls of
 * several threads is not known.
 *
 *   refuse_call NUMBER[:REQUEST] ERRNO PROGRAM [ARGUMENT...]
 *
 * With REQUEST it is those calls whose second argument is that.
 */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	char *request = argv[0];
	unsigned long number = argc > 3 ? strtoul(argv[1], &request, 0) : 0;
	int any = *request != ':';
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, any ? 2 : 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, any ? 0 : strtoul(request + 1, NULL, 0), 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (argc > 3 ? atoi(argv[2]) : 0)),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	/* By root: without PR_SET_NO_NEW_PRIVS, which programs may ask for. */
	if (argc < 4 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter))
		return 125;
	execv(argv[3], argv + 3);
	return 126;
}
