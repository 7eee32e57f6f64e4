// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * Runs a program one system call of which fails: the Nth of its kind, counted over all threads and over its children until they
 * run another program. strace counts in each thread by itself, so that with it the Nth of each would fail, and it tells none from
 * another by what a descriptor is open to. What the dynamic linker calls is not counted.
 *
 *   fail_nth REPORT CALL WHICH N FAILURE PROGRAM [ARGUMENT...]
 *
 * WHICH: "*", or "fd~TEXT" for a first argument that is open to something with that in its name, or "ARGUMENT&MASK=NUMBER".
 * N: 0 lets all of them through, and REPORT has a line for each: its number, and "again" where the same call, by its arguments, was
 * there before. FAILURE: the number of an errno, or "=NUMBER" for that as the result. REPORT ends with "calls N" and "cpu MILLISECONDS".
 * Ends as the program does, with 128 and more for a signal; 120 if it made too many of these calls, which ends it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef SYS_statmount
#define SYS_statmount 457
#define SYS_listmount 458
#endif
#define CALL(name) { #name, SYS_##name }

enum { TOO_MANY = 100000 };

static const struct { const char *name; int nr; } calls[] = {
	CALL(access), CALL(brk), CALL(capget), CALL(capset), CALL(chdir), CALL(clone), CALL(clone3), CALL(close_range), CALL(connect),
	CALL(dup3), CALL(eventfd2), CALL(execve), CALL(fanotify_init), CALL(fanotify_mark), CALL(fchmod), CALL(fcntl), CALL(fgetxattr),
	CALL(flock), CALL(fstat), CALL(fstatfs), CALL(fsync), CALL(ftruncate), CALL(futex), CALL(getcwd), CALL(getdents64),
	CALL(getrandom), CALL(ioctl), CALL(kill), CALL(listmount), CALL(lseek), CALL(madvise),
	CALL(mkdir), CALL(mmap), CALL(mprotect), CALL(mremap), CALL(newfstatat), CALL(open), CALL(openat), CALL(openat2),
	CALL(pidfd_open), CALL(pidfd_send_signal), CALL(pipe2), CALL(poll), CALL(prctl), CALL(pread64), CALL(prlimit64), CALL(read),
	CALL(readlink), CALL(readlinkat), CALL(recvfrom), CALL(rename), CALL(sched_getaffinity), CALL(sendto), CALL(setsid),
	CALL(signalfd4), CALL(socket), CALL(socketpair), CALL(stat), CALL(statfs), CALL(statmount), CALL(statx), CALL(uname),
	CALL(unlink), CALL(vfork), CALL(wait4), CALL(waitid), CALL(write), CALL(writev),
};

static int number_of(const char *name)
{
	for (size_t i = 0; i < sizeof(calls) / sizeof(calls[0]); i++)
		if (!strcmp(calls[i].name, name))
			return calls[i].nr;
	return -1;
}

/* The calls that are waited with: the one that is meant, the first of the program itself, and the one that tells of filters. */
static int filter(int nr)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)nr, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_poll, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_prctl, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(code[0]), .filter = code };

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
}

struct start {
	int nr;
	char **argv;
	volatile int listener;
};

/* Has the descriptors of its parent until it runs the program. */
static int child(void *argument)
{
	struct start *start = argument;

	start->listener = filter(start->nr);
	if (start->listener < 0)
		_exit(125);
	execv(start->argv[0], start->argv);
	_exit(126);
}

static struct stat program;

/* Whether a thread is of the program, and not of another one that it has started. */
static int is_program(unsigned tid)
{
	char path[64];
	struct stat exe;

	snprintf(path, sizeof(path), "/proc/%u/exe", tid);
	return !stat(path, &exe) && exe.st_dev == program.st_dev && exe.st_ino == program.st_ino;
}

static int is_meant(const struct seccomp_notif *call, const char *which)
{
	unsigned argument;
	unsigned long mask, value;

	if (!strncmp(which, "fd~", 3)) {
		char path[64], target[4096];
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/%u/fd/%d", call->pid, (int)call->data.args[0]);
		len = readlink(path, target, sizeof(target) - 1);
		if (len < 0)
			return 0;
		target[len] = 0;
		return which[3] == '!' ? !strstr(target, which + 4) : !!strstr(target, which + 3);
	}
	if (sscanf(which, "%u&%li=%li", &argument, (long *)&mask, (long *)&value) == 3)
		return argument < 6 && (call->data.args[argument] & mask) == value;
	return 1;
}

static FILE *report;
static unsigned long counted;

/* Notes a call that is counted. */
static void note(const struct seccomp_notif *call)
{
	const unsigned long long *a = (const unsigned long long *)call->data.args;

	fprintf(report, "%lu thread %u (%llx, %llx, %llx, %llx)\n", counted, call->pid, a[0], a[1], a[2], a[3]);
}

static int has_begun;

/* Answers a call; false if there were too many. */
static int answer(int listener, const struct seccomp_notif *call, int nr, char **words)
{
	struct seccomp_notif_resp response = { .id = call->id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE };
	unsigned long nth = strtoul(words[4], NULL, 10);

	/* std looks at the three streams first of all. */
	if (call->data.nr == SYS_poll && !has_begun && call->data.args[1] == 3 && is_program(call->pid))
		has_begun = 1;
	/* Without a filter of somebody's the program does more, which is to fail too. */
	if (call->data.nr == SYS_prctl && call->data.args[0] == PR_GET_SECCOMP)
		response.flags = 0;
	else if (call->data.nr == nr && has_begun && is_program(call->pid) && is_meant(call, words[3])) {
		counted++;
		if (!nth || counted == nth)
			note(call);
		if (counted == nth) {
			response.flags = 0;
			if (words[5][0] == '=')
				response.val = strtol(words[5] + 1, NULL, 0);
			else
				response.error = -atoi(words[5]);
		}
	}
	/* It fails for a thread that was killed meanwhile. */
	ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
	return counted < TOO_MANY;
}

static int code(int status) { return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status); }

int main(int argc, char **argv)
{
	static char stack[256 * 1024] __attribute__((aligned(16)));
	struct start start = { .listener = -1 };
	struct rusage usage;
	int status = 0, is_too_many = 0;
	pid_t pid;

	if (argc < 7 || stat(argv[6], &program) || !(report = fopen(argv[1], "we")))
		return 125;
	start.nr = number_of(argv[2]);
	start.argv = argv + 6;
	if (start.nr < 0) {
		fprintf(stderr, "fail_nth: unknown call %s\n", argv[2]);
		return 125;
	}
	pid = clone(child, stack + sizeof(stack), CLONE_FILES | CLONE_VM | SIGCHLD, &start);
	if (pid < 0)
		return 125;
	while (!waitpid(pid, &status, WNOHANG)) {
		struct pollfd fd = { .fd = start.listener, .events = POLLIN };
		struct seccomp_notif call = { 0 };

		if (fd.fd < 0) {
			sched_yield();
			continue;
		}
		if (poll(&fd, 1, 50) < 1 || !(fd.revents & POLLIN) || ioctl(fd.fd, SECCOMP_IOCTL_NOTIF_RECV, &call))
			continue;
		if (!answer(fd.fd, &call, start.nr, argv)) {
			is_too_many = 1;
			kill(pid, SIGKILL);
		}
	}
	getrusage(RUSAGE_CHILDREN, &usage);
	fprintf(report, "calls %lu\ncpu %ld\n", counted, (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
		(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000);
	fclose(report);
	return is_too_many ? 120 : code(status);
}
