/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A healer of one thread: the poll loop and the ioctls are its own, what events mean and what to do
 * about them is libxfshealer's. It never holds the mount: it opens the filesystem for each repair.
 * One for production has threads that may hang in the kernel instead of it, full scrubs, looks beyond
 * the AGs, paths, an eye on the count of lost events and on the autofsck property, and a probe
 * whether repairs are possible at all; see libxfshealer(3).
 *
 *   mini_healer MOUNTPOINT
 */
#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>
#include <xfs/xfs.h>
#include <xfshealer.h>

/* More than the kernel's queue holds: what was reported before a repair ended is among them. */
#define DRAIN_RECORDS 1200

struct healer {
	const char *mountpoint;
	int monitor;
	int has_ended;
	struct xfs_fsop_geom geometry;
	struct xfshealer_decoder decoder;
	struct xfshealer_planner *planner;
};

static char line[901]; /* no line is longer */

/* Ends the program if the library refuses something: that would be a defect of this program. */
static int must(int ret)
{
	if (ret < 0)
		errx(1, "libxfshealer: %s", strerror(-ret));
	return ret;
}

static void say(int length)
{
	if (must(length) > 0)
		puts(line);
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

/* Takes in what the kernel has queued, though not for ever. */
static void drain(struct healer *h)
{
	static unsigned char bytes[64 * 1024];
	struct xfshealer_event events[64];
	struct pollfd poll_on = { .fd = h->monitor, .events = POLLIN };
	size_t done, used, records = 0;
	int count, busy = 0;

	while (!h->has_ended && records < DRAIN_RECORDS) {
		ssize_t got = read(h->monitor, bytes, sizeof(bytes));

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0 && errno == EAGAIN) {
			/* All monitors share a lock, which another one may just have. */
			if (poll(&poll_on, 1, 0) < 1 || ++busy > 1000)
				return;
			poll(NULL, 0, 1);
			continue;
		}
		if (got < 0)
			err(1, "cannot read the health monitor");
		h->has_ended = got == 0;
		for (done = 0; done < (size_t)got; done += used) {
			count = must(xfshealer_decode(&h->decoder, bytes + done, (size_t)got - done,
						      &used, events, 64));
			for (int i = 0; i < count; i++) {
				say(xfshealer_event_text(&events[i], h->mountpoint, NULL, line,
							 sizeof(line)));
				must(xfshealer_planner_event(h->planner, &events[i], now()));
			}
			records += (size_t)count;
		}
	}
}

/* Opens the filesystem; what is mounted there now may be another one. */
static int reopen(struct healer *h)
{
	struct xfs_health_file_on_monitored_fs question = { .flags = 0 };

	question.fd = open(h->mountpoint, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (question.fd < 0)
		return -errno;
	if (ioctl(h->monitor, XFS_IOC_HEALTH_FD_ON_MONITORED_FS, &question) == 0 &&
	    ioctl(question.fd, XFS_IOC_FSGEOMETRY, &h->geometry) == 0)
		return question.fd; /* and it may have grown */
	close(question.fd);
	return -ESTALE;
}

/* Whether BULKSTAT returns the inode: 1 or 0, or a negative errno. Stores its sick bits. */
static int is_loadable(int fd, uint64_t ino, uint32_t *sick)
{
	union {
		struct xfs_bulkstat_req req;
		char room[sizeof(struct xfs_bulkstat_req) + sizeof(struct xfs_bulkstat)];
	} stat;

	memset(&stat, 0, sizeof(stat));
	stat.req.hdr.ino = ino;
	stat.req.hdr.icount = 1;
	if (ioctl(fd, XFS_IOC_BULKSTAT, &stat.req) != 0) {
		/* So bad that no more can be said of it. */
		*sick = errno == EUCLEAN || errno == EBADMSG ? XFS_BS_SICK_INODE : 0;
		return *sick || errno == EIO ? 0 : -errno;
	}
	if (stat.req.hdr.ocount != 1 || stat.req.bulkstat[0].bs_ino != ino)
		return *sick = 0;
	*sick = stat.req.bulkstat[0].bs_sick;
	return 1;
}

/* The same of an AG, whose headers the kernel reads for that. */
static int has_headers(int fd, uint32_t agno)
{
	struct xfs_ag_geometry ag = { .ag_number = agno };

	if (ioctl(fd, XFS_IOC_AG_GEOMETRY, &ag) == 0)
		return 1;
	return errno == EUCLEAN || errno == EBADMSG || errno == EIO ? 0 : -errno;
}

/* Makes the calls of a repair, with flags taken away from them. */
static void scrub(struct healer *h, int fd, const struct xfshealer_action *action,
		  uint32_t without, struct xfshealer_outcome *outcome)
{
	struct xfshealer_call call;
	uint32_t i = 0;
	int ret, is_over = 0;

	while (!is_over && must(xfshealer_action_call(action, h->geometry.rgcount, i++, &call))) {
		struct xfs_scrub_metadata meta = {
			.sm_type = call.sm_type,
			.sm_flags = call.sm_flags & ~without,
			.sm_ino = call.sm_ino,
			.sm_gen = call.sm_gen,
			.sm_agno = call.sm_agno,
		};
		ret = ioctl(fd, XFS_IOC_SCRUB_METADATA, &meta);
		is_over = must(xfshealer_outcome_add(outcome, ret, errno, meta.sm_flags));
	}
}

static void repair(struct healer *h, const struct xfshealer_action *action)
{
	struct xfshealer_outcome outcome = { 0, 0 };
	uint32_t sick;
	int loadable = 1, follow_up = 0, fd = reopen(h);

	if (fd < 0)
		must(xfshealer_outcome_unreached(&outcome, -fd));
	else if (action->flags & XFSHEALER_REPAIR_IF_LOADABLE)
		loadable = action->target.domain == XFSHEALER_DOMAIN_AG ?
			   has_headers(fd, action->target.gno) :
			   is_loadable(fd, action->target.ino, &sick);
	if (loadable < 0)
		must(xfshealer_outcome_add(&outcome, -1, -loadable, 0));
	else if (fd >= 0)
		scrub(h, fd, action, loadable ? 0 : XFS_SCRUB_IFLAG_REPAIR, &outcome);
	if (loadable < 1)
		must(xfshealer_outcome_unloadable(&outcome));
	if (action->sm_type == XFS_SCRUB_TYPE_INODE &&
	    (outcome.code == XFSHEALER_OUTCOME_REPAIRED || outcome.code == XFSHEALER_OUTCOME_FINE))
		follow_up = is_loadable(fd, action->target.ino, &sick) > 0 || sick;
	drain(h); /* what all this has caused must not look like news */
	if (follow_up)
		must(xfshealer_planner_follow_up(h->planner, action->ticket, sick, now()));
	must(xfshealer_planner_finished(h->planner, action->ticket, &outcome, now()));
	if (fd >= 0)
		close(fd);
}

/* Hands over what the kernel remembers of the AGs, which is not all. */
static void look(struct healer *h, const struct xfshealer_action *action)
{
	struct xfshealer_target target = { .domain = XFSHEALER_DOMAIN_AG };
	struct xfs_ag_geometry ag = { .ag_number = 0 };
	int fd = reopen(h);
	uint32_t end = fd < 0 ? XFSHEALER_LOOK_NOT_LOOKED : XFSHEALER_LOOK_INCOMPLETE;

	for (; fd >= 0 && target.gno < h->geometry.agcount; target.gno++) {
		ag.ag_number = target.gno;
		if (ioctl(fd, XFS_IOC_AG_GEOMETRY, &ag) == 0)
			must(xfshealer_planner_sick(h->planner, &target, ag.ag_sick, now(), NULL));
	}
	if (fd >= 0)
		close(fd);
	must(xfshealer_planner_look_finished(h->planner, action->ticket, end, now()));
}

static void act(struct healer *h)
{
	struct xfshealer_action action;

	while (must(xfshealer_planner_next(h->planner, now(), &action))) {
		say(xfshealer_action_text(&action, h->mountpoint, NULL, line, sizeof(line)));
		if (action.kind == XFSHEALER_ACTION_REPAIR)
			repair(h, &action);
		else if (action.kind == XFSHEALER_ACTION_LOOK)
			look(h, &action);
	}
}

static void watch(struct healer *h)
{
	struct pollfd poll_on = { .fd = h->monitor, .events = POLLIN };
	uint64_t wait;

	while (!h->has_ended) {
		int timeout = 60 * 1000; /* early 7.0 kernels forget to wake up who polls */

		if (must(xfshealer_planner_wait(h->planner, now(), &wait)) && wait < 60000000000)
			timeout = (int)(wait / 1000000) + 1;
		if (poll(&poll_on, 1, timeout) < 0 && errno != EINTR)
			err(1, "poll");
		drain(h);
		act(h);
	}
}

int main(int argc, char **argv)
{
	struct xfshealer_policy policy = {
		.size = sizeof(policy),
		.flags = XFSHEALER_POLICY_NO_FULL_SCRUB,
		.mode = XFSHEALER_MODE_REPAIR,
	};
	struct xfs_health_monitor request = { .format = XFS_HEALTH_MONITOR_FMT_V0 };
	struct healer h = { .mountpoint = argv[1] };
	struct statfs fs;
	int root;

	if (argc != 2)
		errx(1, "usage: mini_healer MOUNTPOINT");
	setvbuf(stdout, NULL, _IOLBF, 0);
	root = open(h.mountpoint, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || fstatfs(root, &fs) != 0)
		err(1, "%s", h.mountpoint);
	if (fs.f_type != XFS_SUPER_MAGIC)
		errx(1, "%s: no XFS", h.mountpoint);
	if ((h.monitor = ioctl(root, XFS_IOC_HEALTH_MONITOR, &request)) < 0 ||
	    fcntl(h.monitor, F_SETFL, O_NONBLOCK) != 0)
		err(1, "%s: cannot open the health monitor", h.mountpoint);
	close(root);
	must(xfshealer_planner_new(&h.planner, &policy));
	must(xfshealer_planner_look(h.planner, XFSHEALER_DEPTH_SHALLOW));
	watch(&h);
	xfshealer_planner_free(h.planner);
	return 0;
}
