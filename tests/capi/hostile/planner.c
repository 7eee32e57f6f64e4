/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A planner that is told nonsense at random, by a clock that is no clock. */
#include "check.h"

#include <string.h>

#define SECOND 1000000000u
#define DAY (UINT64_C(24) * 3600 * SECOND)
/* XFS_SCRUB_TYPE_INODE */
#define INODE_CORE 11
#define OPERATIONS 100000
/* Of one moment; a planner that asked for more would never let its caller sleep. */
#define MOST_AT_ONCE 5000
#define OPEN_TICKETS 128

struct open_ticket {
	uint64_t ticket;
	uint32_t kind;
	uint32_t sm_type;
};

struct run {
	struct xfshealer_planner *planner;
	struct xfshealer_policy policy;
	uint64_t now;
	uint32_t mode;
	bool has_stopped;
	struct open_ticket open[OPEN_TICKETS];
	uint32_t open_count;
};

/* Mostly forwards, sometimes back, and late in a run to the end of time, after which not much is
 * due any more. */
static uint64_t tick(uint64_t now)
{
	switch (below(3000)) {
	case 0:
		return UINT64_MAX - below(3);
	case 1:
		return chance();
	case 2 ... 40:
		return 0;
	case 41 ... 80:
		return now - (now >> 1);
	case 81 ... 120:
		return now + 3600ull * SECOND * below(48);
	default:
		return now + below(5) * (uint64_t)SECOND;
	}
}

/* Any; of those that end all repairs few, as nothing much happens after them. */
static struct xfshealer_outcome random_outcome(void)
{
	struct xfshealer_outcome outcome = { .code = below(XFSHEALER_OUTCOME_NOT_JUDGED + 2) };
	bool ends_all = outcome.code == XFSHEALER_OUTCOME_SHUTDOWN ||
			outcome.code == XFSHEALER_OUTCOME_VANISHED;

	if (below(2) || (ends_all && below(100)))
		outcome.code = XFSHEALER_OUTCOME_REPAIRED;
	if (outcome.code == XFSHEALER_OUTCOME_ERROR || outcome.code == XFSHEALER_OUTCOME_UNREACHABLE)
		outcome.error = (int32_t)below(130);
	return outcome;
}

static bool is_silent(const struct xfshealer_action *a)
{
	return a->notice == 0 && a->failure == 0 && a->error == 0;
}

/* What the kind does not have is 0, and what is asked for is wanted. */
static void test_action(const struct run *run, const struct xfshealer_action *a)
{
	static const struct xfshealer_target nothing;
	bool acts = run->mode == XFSHEALER_MODE_REPAIR &&
		    !(run->policy.flags & XFSHEALER_POLICY_DRY_RUN);
	bool is_of_structure = a->notice >= XFSHEALER_NOTICE_REPAIRED &&
			       a->notice <= XFSHEALER_NOTICE_WOULD_REPAIR;
	bool is_of_filesystem = a->notice >= XFSHEALER_NOTICE_READ_ONLY &&
				a->notice <= XFSHEALER_NOTICE_SCRUB_FATAL;
	struct xfshealer_call call;
	char line[512];

	CHECK(a->kind >= XFSHEALER_ACTION_REPAIR && a->kind <= XFSHEALER_ACTION_SAY);
	CHECK_EQ(a->ticket == 0, a->kind == XFSHEALER_ACTION_SAY);
	CHECK(!run->has_stopped || a->kind == XFSHEALER_ACTION_SAY);
	CHECK(a->target.pad == 0 && a->reserved[0] == 0 && a->reserved[1] == 0);
	switch (a->kind) {
	case XFSHEALER_ACTION_REPAIR:
		CHECK(acts && is_silent(a) && a->reasons == 0 && a->depth == 0);
		CHECK((a->flags & ~(uint32_t)XFSHEALER_REPAIR_IF_LOADABLE) == 0);
		CHECK_EQ(xfshealer_action_call(a, 4, 0, &call), 1);
		break;
	case XFSHEALER_ACTION_FULL_SCRUB:
		CHECK(acts && !(run->policy.flags & XFSHEALER_POLICY_NO_FULL_SCRUB));
		CHECK(is_silent(a) && a->reasons != 0 && a->depth == 0 && a->sm_type == 0);
		CHECK(memcmp(&a->target, &nothing, sizeof(nothing)) == 0);
		break;
	case XFSHEALER_ACTION_LOOK:
		CHECK(is_silent(a) && a->reasons == 0 && a->sm_type == 0);
		CHECK(a->depth >= XFSHEALER_DEPTH_SHALLOW && a->depth <= XFSHEALER_DEPTH_CHECKS);
		CHECK(a->depth == XFSHEALER_DEPTH_INODES ||
		      memcmp(&a->target, &nothing, sizeof(nothing)) == 0);
		break;
	default:
		CHECK(is_of_structure || is_of_filesystem);
		CHECK_EQ(a->target.domain != 0, is_of_structure);
		CHECK(a->depth == 0 && a->flags == 0);
		CHECK(xfshealer_action_text(a, "/mnt", NULL, line, sizeof(line)) > 0);
	}
	CHECK(xfshealer_action_json(a, "/mnt", "/a", line, sizeof(line)) >= 0);
	CHECK(xfshealer_action_level(a) >= 0);
}

/* Takes what is to be done, and remembers what is to be answered. */
static void drain(struct run *run)
{
	struct xfshealer_action action;
	uint64_t wait = 0;
	int count = 0, ret;

	for (;;) {
		memset(&action, 0xee, sizeof(action));
		ret = xfshealer_planner_next(run->planner, run->now, &action);
		CHECK(ret == 0 || ret == 1);
		if (ret != 1 || ++count > MOST_AT_ONCE)
			break;
		test_action(run, &action);
		if (action.ticket && run->open_count < OPEN_TICKETS)
			run->open[run->open_count++] =
				(struct open_ticket){ action.ticket, action.kind, action.sm_type };
	}
	CHECK(count <= MOST_AT_ONCE);
	ret = xfshealer_planner_wait(run->planner, run->now, &wait);
	/* There is nothing now, so it cannot be now that there is something. */
	CHECK(ret == 0 || (ret == 1 && wait > 0));
}

static int give(struct run *run, const struct open_ticket *open, uint32_t kind,
		const struct xfshealer_outcome *outcome)
{
	if (kind == XFSHEALER_ACTION_REPAIR)
		return xfshealer_planner_finished(run->planner, open->ticket, outcome, run->now);
	if (kind == XFSHEALER_ACTION_FULL_SCRUB)
		return xfshealer_planner_scrub_finished(run->planner, open->ticket, below(7),
							run->now);
	return xfshealer_planner_look_finished(run->planner, open->ticket, below(5), run->now);
}

/* Answers something that is open: as it should be, as another kind, or with nonsense. */
static void answer(struct run *run)
{
	struct open_ticket *open = &run->open[run->open_count ? below(run->open_count) : 0];
	uint32_t kind = below(8) ? open->kind : 1 + below(3);
	struct xfshealer_outcome outcome = random_outcome();
	bool is_repair = open->kind == XFSHEALER_ACTION_REPAIR;
	bool is_core = is_repair && open->sm_type == INODE_CORE;
	uint64_t left = 0;
	int ret;

	if (run->open_count == 0)
		return;
	if (below(4) == 0)
		CHECK_EQ(xfshealer_planner_follow_up(run->planner, open->ticket, (uint32_t)chance(),
						     run->now), is_core ? 0 : -ENOENT);
	if (below(4) == 0) {
		ret = xfshealer_planner_scrub_waits(run->planner, open->ticket, run->now, &left);
		CHECK(ret == 0 ? open->kind == XFSHEALER_ACTION_FULL_SCRUB && left <= DAY :
				 ret == -ENOENT);
	}
	ret = give(run, open, kind, &outcome);
	if (ret == 0) {
		CHECK_EQ(kind, open->kind);
		CHECK(give(run, open, kind, &outcome) < 0);
		run->has_stopped |= is_repair && outcome.code == XFSHEALER_OUTCOME_SHUTDOWN;
		*open = run->open[--run->open_count];
	} else if (ret == -ENOENT) {
		/* Who goes away waits for repairs only. */
		CHECK(kind != open->kind || (run->has_stopped && !is_repair));
	} else {
		CHECK_EQ(ret, -EINVAL);
	}
}

static void tell(struct run *run)
{
	struct xfshealer_decoder decoder = { 0 };
	struct xfshealer_event event;
	struct xfshealer_target target;
	uint8_t record[XFSHEALER_RECORD_BYTES];
	uint32_t fresh = 0, mask;
	size_t consumed;

	if (below(4)) {
		random_record(record);
		xfshealer_decode(&decoder, record, sizeof(record), &consumed, &event, 1);
		if (event.domain == XFSHEALER_DOMAIN_MOUNT && (event.type == XFSHEALER_TYPE_UNMOUNT ||
							       event.type == XFSHEALER_TYPE_SHUTDOWN)) {
			/* Nothing much happens afterwards. */
			if (below(100))
				return;
			run->has_stopped = true;
		}
		CHECK_EQ(xfshealer_planner_event(run->planner, &event, run->now), 0);
		return;
	}
	target = (struct xfshealer_target){ .domain = 1 + below(4) };
	if (target.domain == XFSHEALER_DOMAIN_INODE) {
		target.ino = below(1000);
		target.gen = below(3);
	} else if (target.domain != XFSHEALER_DOMAIN_FS) {
		target.gno = below(6);
	}
	mask = below(4) ? 1u << below(12) : (uint32_t)chance();
	CHECK_EQ(xfshealer_planner_sick(run->planner, &target, mask, run->now, &fresh), 0);
	CHECK_EQ(fresh & ~mask, 0);
}

static void step(struct run *run)
{
	uint32_t mode;

	run->now = tick(run->now);
	switch (below(100)) {
	case 0:
		mode = 1 + below(3);
		if (xfshealer_planner_set_mode(run->planner, mode) == 0)
			run->mode = mode;
		break;
	case 1:
		CHECK_EQ(xfshealer_planner_look(run->planner, 1 + 3 * below(2)), 0);
		break;
	case 2:
		CHECK_EQ(xfshealer_planner_lost(run->planner, run->now), 0);
		break;
	case 3 ... 49:
		answer(run);
		break;
	default:
		tell(run);
	}
	CHECK(xfshealer_planner_damaged(run->planner) >= 0);
	drain(run);
}

static void test_run(int operations)
{
	struct run run = { .policy = { .size = sizeof(run.policy), .flags = below(3) ? 0 : below(16),
				       .mode = below(4) ? XFSHEALER_MODE_REPAIR : 1 + below(3),
				       .workers = below(65), .agno_shift = below(64),
				       .agcount = below(4) } };

	run.mode = run.policy.mode;
	CHECK_EQ(xfshealer_planner_new(&run.planner, &run.policy), 0);
	for (int i = 0; i < operations; i++)
		step(&run);
	CHECK_EQ(xfshealer_planner_stop(run.planner), 0);
	run.has_stopped = true;
	for (int i = 0; i < operations / 10; i++)
		step(&run);
	/* With answers still owed. */
	xfshealer_planner_free(run.planner);
}

void test_planner(void)
{
	for (int i = 0; i < 20; i++)
		test_run(OPERATIONS / (is_slow ? 200 : 20));
}
