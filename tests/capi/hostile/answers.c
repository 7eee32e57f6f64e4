/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Answers that nobody asked for, answers of the wrong kind, and answers that are given twice. */
#include "check.h"

#include <string.h>

#define SECOND 1000000000u

/* XFS_SCRUB_TYPE_BNOBT, and its sick bit of an AG. */
#define BNOBT 5
#define SICK_BNOBT (1u << 4)
/* XFS_SCRUB_OFLAG_CORRUPT */
#define STILL_CORRUPT 2u

static struct xfshealer_planner *new_planner(uint32_t mode, uint32_t flags)
{
	const struct xfshealer_policy policy = { .size = sizeof(policy), .mode = mode,
						 .flags = flags, .workers = 4 };
	struct xfshealer_planner *planner;

	CHECK_EQ(xfshealer_planner_new(&planner, &policy), 0);
	return planner;
}

/* The next action of a kind, without what is to be said before; its ticket is 0 if none comes. */
static struct xfshealer_action next_of(struct xfshealer_planner *planner, uint32_t kind, uint64_t now)
{
	struct xfshealer_action action;

	while (xfshealer_planner_next(planner, now, &action) == 1)
		if (action.kind == kind)
			return action;
	return (struct xfshealer_action){ 0 };
}

static int sick(struct xfshealer_planner *planner, uint32_t mask)
{
	const struct xfshealer_target target = { .domain = XFSHEALER_DOMAIN_AG, .gno = 3 };

	return xfshealer_planner_sick(planner, &target, mask, SECOND, NULL);
}

static const struct xfshealer_outcome repaired = { .code = XFSHEALER_OUTCOME_REPAIRED };

/* None of the three kinds of answer is expected for this ticket. */
static void nobody_waits(struct xfshealer_planner *planner, uint64_t ticket)
{
	uint64_t left = 7;

	CHECK_EQ(xfshealer_planner_finished(planner, ticket, &repaired, SECOND), -ENOENT);
	CHECK_EQ(xfshealer_planner_follow_up(planner, ticket, 1, SECOND), -ENOENT);
	CHECK_EQ(xfshealer_planner_scrub_finished(planner, ticket, XFSHEALER_SCRUB_CLEAN, SECOND),
		 -ENOENT);
	CHECK_EQ(xfshealer_planner_scrub_waits(planner, ticket, SECOND, &left), -ENOENT);
	CHECK_EQ(xfshealer_planner_look_finished(planner, ticket, XFSHEALER_LOOK_COMPLETE, SECOND),
		 -ENOENT);
	CHECK_EQ(left, 7);
}

static void test_unknown_tickets(void)
{
	static const uint64_t tickets[] = { 0, 1, 2, 1000, UINT32_MAX, UINT64_MAX };
	struct xfshealer_planner *planner = new_planner(XFSHEALER_MODE_REPAIR, 0);

	for (size_t i = 0; i < COUNT(tickets); i++)
		nobody_waits(planner, tickets[i]);
	xfshealer_planner_free(planner);
}

/* A repair is not what the answers to a scrub and a look are for, and it ends once. */
static void test_repair(void)
{
	struct xfshealer_planner *planner = new_planner(XFSHEALER_MODE_REPAIR, 0);
	struct xfshealer_action action;
	uint64_t wait;

	CHECK_EQ(sick(planner, SICK_BNOBT), 0);
	CHECK_EQ(xfshealer_planner_damaged(planner), 1);
	action = next_of(planner, XFSHEALER_ACTION_REPAIR, SECOND);
	CHECK(action.ticket != 0 && action.sm_type == BNOBT && action.target.gno == 3);
	CHECK_EQ(xfshealer_planner_scrub_finished(planner, action.ticket, XFSHEALER_SCRUB_CLEAN,
						  SECOND), -ENOENT);
	CHECK_EQ(xfshealer_planner_look_finished(planner, action.ticket, XFSHEALER_LOOK_COMPLETE,
						 SECOND), -ENOENT);
	CHECK_EQ(xfshealer_planner_finished(planner, action.ticket, &repaired, SECOND), 0);
	CHECK_EQ(xfshealer_planner_damaged(planner), 0);
	nobody_waits(planner, action.ticket);
	action = next_of(planner, XFSHEALER_ACTION_SAY, SECOND);
	CHECK_EQ(action.notice, XFSHEALER_NOTICE_REPAIRED);
	CHECK_EQ(next_of(planner, XFSHEALER_ACTION_REPAIR, UINT64_MAX).kind, 0);
	xfshealer_planner_wait(planner, SECOND, &wait);
	xfshealer_planner_free(planner);
}

static void test_look_and_scrub(void)
{
	struct xfshealer_planner *planner = new_planner(XFSHEALER_MODE_REPAIR, 0);
	static const uint32_t ends[] = { 0, 7, 1000, UINT32_MAX };
	struct xfshealer_action action;
	uint64_t left = 0;

	CHECK_EQ(xfshealer_planner_look(planner, XFSHEALER_DEPTH_DEEP), 0);
	action = next_of(planner, XFSHEALER_ACTION_LOOK, SECOND);
	CHECK(action.ticket != 0);
	CHECK_EQ(xfshealer_planner_finished(planner, action.ticket, &repaired, SECOND), -ENOENT);
	CHECK_EQ(xfshealer_planner_follow_up(planner, action.ticket, 1, SECOND), -ENOENT);
	CHECK_EQ(xfshealer_planner_scrub_finished(planner, action.ticket, XFSHEALER_SCRUB_CLEAN,
						  SECOND), -ENOENT);
	for (size_t i = 0; i < COUNT(ends); i++) {
		CHECK_EQ(xfshealer_planner_look_finished(planner, action.ticket, ends[i], SECOND),
			 -EINVAL);
		CHECK_EQ(xfshealer_planner_scrub_finished(planner, action.ticket, ends[i], SECOND),
			 -EINVAL);
	}
	CHECK_EQ(xfshealer_planner_look_finished(planner, action.ticket, XFSHEALER_LOOK_COMPLETE,
						 SECOND), 0);
	nobody_waits(planner, action.ticket);

	/* A failed repair calls for a full scrub. */
	CHECK_EQ(sick(planner, SICK_BNOBT), 0);
	action = next_of(planner, XFSHEALER_ACTION_REPAIR, SECOND);
	CHECK_EQ(xfshealer_planner_finished(planner, action.ticket,
			&(struct xfshealer_outcome){ .code = XFSHEALER_OUTCOME_FAILED }, SECOND), 0);
	/* It could crash the kernel, of which nothing is known: every inode is looked at first. */
	action = next_of(planner, XFSHEALER_ACTION_LOOK, SECOND);
	CHECK_EQ(xfshealer_planner_look_finished(planner, action.ticket, XFSHEALER_LOOK_COMPLETE,
						 SECOND), 0);
	action = next_of(planner, XFSHEALER_ACTION_FULL_SCRUB, SECOND);
	CHECK(action.ticket != 0 && action.reasons & XFSHEALER_REASON_REPAIR_FAILED);
	CHECK_EQ(xfshealer_planner_finished(planner, action.ticket, &repaired, SECOND), -ENOENT);
	CHECK_EQ(xfshealer_planner_look_finished(planner, action.ticket, XFSHEALER_LOOK_COMPLETE,
						 SECOND), -ENOENT);
	/* It may wait for somebody else's, for a day in all. */
	CHECK_EQ(xfshealer_planner_scrub_waits(planner, action.ticket, SECOND, &left), 0);
	CHECK_EQ(left, UINT64_C(24) * 3600 * SECOND);
	CHECK_EQ(xfshealer_planner_scrub_waits(planner, action.ticket, UINT64_C(3) * SECOND,
					       &left), 0);
	CHECK_EQ(left, (UINT64_C(24) * 3600 - 2) * SECOND);
	CHECK_EQ(xfshealer_planner_scrub_finished(planner, action.ticket, XFSHEALER_SCRUB_CLEAN,
						  SECOND), 0);
	nobody_waits(planner, action.ticket);
	xfshealer_planner_free(planner);
}

static void test_arguments_of_planner(void)
{
	static const uint32_t depths[] = { 0, XFSHEALER_DEPTH_INODES, 5, UINT32_MAX };
	static const uint32_t modes[] = { 0, 4, UINT32_MAX };
	static const uint32_t domains[] = { XFSHEALER_DOMAIN_MOUNT, XFSHEALER_DOMAIN_DATADEV,
					    XFSHEALER_DOMAIN_FILERANGE, 9, UINT32_MAX };
	struct xfshealer_planner *planner = new_planner(XFSHEALER_MODE_REPAIR, 0);
	struct xfshealer_target target = { .domain = XFSHEALER_DOMAIN_AG, .pad = 1 };
	uint32_t fresh = 99;

	for (size_t i = 0; i < COUNT(depths); i++)
		CHECK_EQ(xfshealer_planner_look(planner, depths[i]), -EINVAL);
	for (size_t i = 0; i < COUNT(modes); i++)
		CHECK_EQ(xfshealer_planner_set_mode(planner, modes[i]), -EINVAL);
	CHECK_EQ(xfshealer_planner_sick(planner, &target, 1, 0, &fresh), -EINVAL);
	target.pad = 0;
	for (size_t i = 0; i < COUNT(domains); i++) {
		target.domain = domains[i];
		CHECK_EQ(xfshealer_planner_sick(planner, &target, 1, 0, &fresh), -EINVAL);
	}
	CHECK_EQ(fresh, 99);
	CHECK_EQ(xfshealer_planner_damaged(planner), 0);
	target.domain = XFSHEALER_DOMAIN_AG;
	CHECK_EQ(xfshealer_planner_sick(planner, &target, SICK_BNOBT, 0, &fresh), 0);
	CHECK_EQ(fresh, SICK_BNOBT);
	CHECK_EQ(xfshealer_planner_sick(planner, &target, SICK_BNOBT, 0, &fresh), 0);
	CHECK_EQ(fresh, 0);
	xfshealer_planner_free(planner);
}

static void test_events(void)
{
	const struct xfshealer_event sound = { .domain = XFSHEALER_DOMAIN_AG, .mask = SICK_BNOBT,
					       .type = XFSHEALER_TYPE_SICK };
	struct xfshealer_planner *planner = new_planner(XFSHEALER_MODE_REPAIR, 0);
	struct xfshealer_event event;

#define EVENT(set, expected) do {                                                                  \
	event = sound;                                                                             \
	set;                                                                                       \
	CHECK_EQ(xfshealer_planner_event(planner, &event, 0), (expected));                         \
	CHECK_EQ(xfshealer_event_text(&event, "/m", NULL, NULL, 0) < 0, (expected) < 0);           \
	CHECK_EQ(xfshealer_event_level(&event) < 0, (expected) < 0);                               \
} while (0)
	EVENT(event.pad = 1, -EINVAL);
	EVENT(event.reserved = 1, -EINVAL);
	for (int shift = 1; shift < 32; shift++)
		EVENT(event.flags = 1u << shift, -EINVAL);
	CHECK_EQ(xfshealer_planner_damaged(planner), 0);
	EVENT((event.flags = XFSHEALER_EVENT_UNKNOWN, event.domain = 99), 0);
	CHECK_EQ(xfshealer_planner_damaged(planner), 0);
	EVENT((void)0, 0);
	CHECK_EQ(xfshealer_planner_damaged(planner), 1);
	xfshealer_planner_free(planner);
}

/* Each code with an errno and without; 0 and what follows the last are none. */
static void test_outcomes(void)
{
	struct xfshealer_planner *planner = new_planner(XFSHEALER_MODE_REPAIR, 0);
	struct xfshealer_outcome outcome;

	for (uint32_t code = 0; code < 40; code++) {
		bool has_errno = code == XFSHEALER_OUTCOME_ERROR ||
				 code == XFSHEALER_OUTCOME_UNREACHABLE;
		bool is_known = code > 0 && code <= XFSHEALER_OUTCOME_NOT_JUDGED;

		outcome = (struct xfshealer_outcome){ .code = code, .error = has_errno ? 5 : 0 };
		CHECK_EQ(xfshealer_planner_finished(planner, 77, &outcome, 0),
			 is_known ? -ENOENT : -EINVAL);
		if (has_errno) {
			outcome.error = -5;
			CHECK_EQ(xfshealer_planner_finished(planner, 77, &outcome, 0), -EINVAL);
			outcome.error = 0;
			CHECK_EQ(xfshealer_planner_finished(planner, 77, &outcome, 0), -EINVAL);
		}
	}
	xfshealer_planner_free(planner);
	outcome = (struct xfshealer_outcome){ 0 };
	CHECK_EQ(xfshealer_outcome_add(&outcome, 0, 0, 0), 0);
	CHECK_EQ(outcome.code, XFSHEALER_OUTCOME_REPAIRED);
	/* A call that failed with no reason is none. */
	CHECK_EQ(xfshealer_outcome_add(&outcome, -1, 0, 0), -EINVAL);
	CHECK_EQ(outcome.code, XFSHEALER_OUTCOME_REPAIRED);
	CHECK(xfshealer_outcome_add(&outcome, 0, 0, STILL_CORRUPT) >= 0);
	CHECK_EQ(outcome.code, XFSHEALER_OUTCOME_FAILED);
	for (int error = -2; error < 200; error++) {
		outcome = (struct xfshealer_outcome){ 0 };
		CHECK_EQ(xfshealer_outcome_unreached(&outcome, error), error > 0 ? 0 : -EINVAL);
		CHECK_EQ(outcome.code != 0, error > 0);
	}
	CHECK_EQ(xfshealer_outcome_unreached(&outcome, INT32_MIN), -EINVAL);
	for (int i = 0; i < 10000; i++) {
		outcome.code = below(20);
		outcome.error = (int32_t)(below(2) ? 0 : below(200));
		xfshealer_outcome_add(&outcome, (int)below(3) - 1, (int)chance(), (uint32_t)chance());
		xfshealer_outcome_unloadable(&outcome);
		CHECK(outcome.code <= XFSHEALER_OUTCOME_NOT_JUDGED && outcome.error >= 0);
	}
}

static void test_calls(void)
{
	const struct xfshealer_action repair = { .ticket = 1, .kind = XFSHEALER_ACTION_REPAIR,
						 .target = { .domain = XFSHEALER_DOMAIN_AG, .gno = 3 },
						 .sm_type = BNOBT };
	struct xfshealer_action action = repair;
	struct xfshealer_call call;

	CHECK_EQ(xfshealer_action_call(&action, 0, 0, &call), 1);
	CHECK(call.sm_type == BNOBT && call.sm_agno == 3 && call.sm_ino == 0 && call.sm_gen == 0);
	CHECK_EQ(xfshealer_action_call(&action, 0, 1, &call), 0);
	CHECK_EQ(xfshealer_action_call(&action, UINT32_MAX, UINT32_MAX, &call), 0);
	for (uint32_t kind = 0; kind < 9; kind++) {
		action = repair;
		action.kind = kind;
		CHECK_EQ(xfshealer_action_call(&action, 0, 0, &call),
			 kind == XFSHEALER_ACTION_REPAIR ? 1 : -EINVAL);
	}
	for (int shift = 0; shift < 32; shift++) {
		int ret = xfshealer_check_call(&repair.target, 1u << shift, 0, 0, &call);

		CHECK(ret == 0 || (ret == 1 && call.sm_agno == 3 && call.sm_flags == 0));
		CHECK_EQ(xfshealer_check_call(&repair.target, 1u << shift, 0, UINT32_MAX, &call), 0);
	}
	CHECK_EQ(xfshealer_check_call(&repair.target, SICK_BNOBT, 0, 0, &call), 1);
	CHECK(call.sm_type == BNOBT);
	CHECK_EQ(xfshealer_check_call(&repair.target, 0, 0, 0, &call), -EINVAL);
	CHECK_EQ(xfshealer_check_call(&repair.target, 3, 0, 0, &call), -EINVAL);
	for (int i = 0; i < 100000; i++) {
		int ret;

		action.kind = XFSHEALER_ACTION_REPAIR;
		action.target.domain = below(12);
		action.sm_type = below(40);
		ret = xfshealer_action_call(&action, (uint32_t)chance(), (uint32_t)chance(), &call);
		CHECK(ret == 0 || ret == 1 || ret == -EINVAL);
		ret = xfshealer_check_call(&action.target, 1u << below(32), (uint32_t)chance(),
					   (uint32_t)chance(), &call);
		CHECK(ret == 0 || ret == 1 || ret == -EINVAL);
	}
}

void test_answers(void)
{
	test_unknown_tickets();
	test_repair();
	test_look_and_scrub();
	test_arguments_of_planner();
	test_events();
	test_outcomes();
	test_calls();
}
