/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each pointer of each function: NULL or not aligned gives -EINVAL, and nothing is written. */
#include "check.h"

#include <string.h>

/* What a call may read and write; only a call that succeeds may change it. */
static struct memory {
	struct xfshealer_decoder decoder;
	uint8_t bytes[2 * XFSHEALER_RECORD_BYTES];
	size_t consumed;
	struct xfshealer_event events[2];
	struct xfshealer_fserror fserror;
	struct xfshealer_policy policy;
	struct xfshealer_planner *planner;
	struct xfshealer_event event;
	struct xfshealer_target target;
	struct xfshealer_action action;
	struct xfshealer_outcome outcome;
	struct xfshealer_call call;
	uint64_t wait_ns;
	uint32_t fresh;
	char buf[256];
	/* Where nothing is aligned but bytes. */
	uint64_t odd[32];
} m, before;

static struct xfshealer_planner *planner;

#define ODD(type) ((type *)(void *)((char *)m.odd + 1))

/* Arguments that are all right, in memory of which each byte is known. */
static void set_up(void)
{
	memset(&m, 0xa5, sizeof(m));
	m.decoder = (struct xfshealer_decoder){ 0 };
	fill_record(m.bytes, XFSHEALER_DOMAIN_AG, XFSHEALER_TYPE_SICK);
	fill_record(m.bytes + XFSHEALER_RECORD_BYTES, 99, 99);
	m.policy = (struct xfshealer_policy){ .size = sizeof(m.policy),
					      .mode = XFSHEALER_MODE_REPAIR };
	m.event = (struct xfshealer_event){ .domain = XFSHEALER_DOMAIN_AG,
					    .type = XFSHEALER_TYPE_SICK, .mask = 4 };
	m.target = (struct xfshealer_target){ .domain = XFSHEALER_DOMAIN_AG };
	/* Of XFS_SCRUB_TYPE_BNOBT. */
	m.action = (struct xfshealer_action){ .kind = XFSHEALER_ACTION_REPAIR, .ticket = 1,
					      .target = m.target, .sm_type = 5 };
	m.outcome = (struct xfshealer_outcome){ .code = XFSHEALER_OUTCOME_REPAIRED };
	memcpy(&before, &m, sizeof(m));
}

static void refused(int ret, const char *call, int line)
{
	check_eq(ret, -EINVAL, call, __FILE__, line);
	check(memcmp(&before, &m, sizeof(m)) == 0, call, __FILE__, line);
}

#define REFUSED(call) do { set_up(); refused((call), #call, __LINE__); } while (0)
/* A pointer that is wrong in both ways. */
#define REFUSED_EACH(type, call) do {                                                              \
	type *bad = NULL;                                                                          \
	REFUSED(call);                                                                             \
	bad = ODD(type);                                                                           \
	REFUSED(call);                                                                             \
} while (0)

static void test_decoder(void)
{
	REFUSED_EACH(struct xfshealer_decoder,
		     xfshealer_decode(bad, m.bytes, sizeof(m.bytes), &m.consumed, m.events, 2));
	REFUSED_EACH(size_t,
		     xfshealer_decode(&m.decoder, m.bytes, sizeof(m.bytes), bad, m.events, 2));
	REFUSED_EACH(struct xfshealer_event,
		     xfshealer_decode(&m.decoder, m.bytes, sizeof(m.bytes), &m.consumed, bad, 2));
	REFUSED(xfshealer_decode(&m.decoder, NULL, sizeof(m.bytes), &m.consumed, m.events, 2));
	REFUSED(xfshealer_decode(&m.decoder, NULL, SIZE_MAX, &m.consumed, m.events, 2));
	REFUSED(xfshealer_decode(&m.decoder, m.bytes, sizeof(m.bytes), &m.consumed, NULL, 1));
	REFUSED(xfshealer_decode(NULL, NULL, 0, NULL, NULL, 0));
	REFUSED(xfshealer_decode(NULL, NULL, SIZE_MAX, NULL, NULL, SIZE_MAX));
	/* Where nothing is read or written NULL is allowed. */
	set_up();
	CHECK_EQ(xfshealer_decode(&m.decoder, NULL, 0, &m.consumed, m.events, 2), 0);
	CHECK_EQ((long long)m.consumed, 0);
	CHECK_EQ(xfshealer_decode(&m.decoder, m.bytes, sizeof(m.bytes), &m.consumed, NULL, 0), 0);
	CHECK_EQ(xfshealer_decode(&m.decoder, NULL, 0, &m.consumed, NULL, 0), 0);
}

static void test_fserrors(void)
{
	REFUSED_EACH(size_t,
		     xfshealer_fserror_decode(m.bytes, sizeof(m.bytes), bad, &m.fserror));
	REFUSED_EACH(struct xfshealer_fserror,
		     xfshealer_fserror_decode(m.bytes, sizeof(m.bytes), &m.consumed, bad));
	REFUSED(xfshealer_fserror_decode(NULL, 1, &m.consumed, &m.fserror));
	REFUSED(xfshealer_fserror_decode(m.bytes, SIZE_MAX, &m.consumed, &m.fserror));
	REFUSED(xfshealer_fserror_decode(NULL, 0, NULL, NULL));
}

static void test_new(void)
{
	struct xfshealer_planner *made = ODD(struct xfshealer_planner);

	REFUSED_EACH(struct xfshealer_planner *, xfshealer_planner_new(bad, &m.policy));
	REFUSED(xfshealer_planner_new(NULL, NULL));
	/* What it failed to make is NULL, and that is safe to use. */
	set_up();
	CHECK_EQ(xfshealer_planner_new(&made, NULL), -EINVAL);
	CHECK(made == NULL);
	made = ODD(struct xfshealer_planner);
	CHECK_EQ(xfshealer_planner_new(&made, ODD(struct xfshealer_policy)), -EINVAL);
	CHECK(made == NULL);
	xfshealer_planner_free(made);
}

/* Nobody made these planners. */
static void test_no_planner(void)
{
#define NO_PLANNER(call) REFUSED_EACH(struct xfshealer_planner, call)
	NO_PLANNER(xfshealer_planner_event(bad, &m.event, 0));
	NO_PLANNER(xfshealer_planner_sick(bad, &m.target, 1, 0, &m.fresh));
	NO_PLANNER(xfshealer_planner_lost(bad, 0));
	NO_PLANNER(xfshealer_planner_look(bad, XFSHEALER_DEPTH_DEEP));
	NO_PLANNER(xfshealer_planner_set_mode(bad, XFSHEALER_MODE_LOG));
	NO_PLANNER(xfshealer_planner_stop(bad));
	NO_PLANNER(xfshealer_planner_next(bad, 0, &m.action));
	NO_PLANNER(xfshealer_planner_wait(bad, 0, &m.wait_ns));
	NO_PLANNER(xfshealer_planner_damaged(bad));
	NO_PLANNER(xfshealer_planner_finished(bad, 1, &m.outcome, 0));
	NO_PLANNER(xfshealer_planner_follow_up(bad, 1, 1, 0));
	NO_PLANNER(xfshealer_planner_scrub_waits(bad, 1, 0, &m.wait_ns));
	NO_PLANNER(xfshealer_planner_scrub_finished(bad, 1, XFSHEALER_SCRUB_CLEAN, 0));
	NO_PLANNER(xfshealer_planner_look_finished(bad, 1, XFSHEALER_LOOK_COMPLETE, 0));
	REFUSED(xfshealer_planner_event(NULL, NULL, 0));
	REFUSED(xfshealer_planner_sick(NULL, NULL, 1, 0, NULL));
	REFUSED(xfshealer_planner_next(NULL, 0, NULL));
	REFUSED(xfshealer_planner_wait(NULL, 0, NULL));
	REFUSED(xfshealer_planner_finished(NULL, 1, NULL, 0));
	xfshealer_planner_free(NULL);
}

static void test_planner_arguments(void)
{
	REFUSED_EACH(struct xfshealer_event, xfshealer_planner_event(planner, bad, 0));
	REFUSED_EACH(struct xfshealer_target,
		     xfshealer_planner_sick(planner, bad, 1, 0, &m.fresh));
	REFUSED_EACH(struct xfshealer_action, xfshealer_planner_next(planner, 0, bad));
	REFUSED_EACH(uint64_t, xfshealer_planner_wait(planner, 0, bad));
	REFUSED_EACH(uint64_t, xfshealer_planner_scrub_waits(planner, 1, 0, bad));
	REFUSED_EACH(struct xfshealer_outcome, xfshealer_planner_finished(planner, 1, bad, 0));
	/* Here NULL is allowed, and what is refused is not taken in. */
	REFUSED(xfshealer_planner_sick(planner, &m.target, 4, 0, ODD(uint32_t)));
	CHECK_EQ(xfshealer_planner_damaged(planner), 0);
	CHECK_EQ(xfshealer_planner_sick(planner, &m.target, 4, 0, NULL), 0);
	CHECK(xfshealer_planner_damaged(planner) > 0);
}

static void test_calls(void)
{
	REFUSED_EACH(struct xfshealer_action, xfshealer_action_call(bad, 0, 0, &m.call));
	REFUSED_EACH(struct xfshealer_call, xfshealer_action_call(&m.action, 0, 0, bad));
	REFUSED(xfshealer_action_call(NULL, 0, 0, NULL));
	REFUSED_EACH(struct xfshealer_target, xfshealer_check_call(bad, 16, 0, 0, &m.call));
	REFUSED_EACH(struct xfshealer_call, xfshealer_check_call(&m.target, 16, 0, 0, bad));
	REFUSED(xfshealer_check_call(NULL, 16, 0, 0, NULL));
	REFUSED_EACH(struct xfshealer_outcome, xfshealer_outcome_add(bad, 0, 0, 0));
	REFUSED_EACH(struct xfshealer_outcome, xfshealer_outcome_unreached(bad, 5));
	REFUSED_EACH(struct xfshealer_outcome, xfshealer_outcome_unloadable(bad));
}

#define TEXT_ARGUMENTS(function, type, valid) do {                                                 \
	REFUSED_EACH(type, function(bad, "/mnt", "/a", m.buf, sizeof(m.buf)));                     \
	REFUSED(function(valid, NULL, "/a", m.buf, sizeof(m.buf)));                                \
	REFUSED(function(valid, "/mnt", "/a", NULL, 1));                                           \
	REFUSED(function(valid, "/mnt", "/a", NULL, SIZE_MAX));                                    \
	REFUSED(function(NULL, NULL, NULL, NULL, 0));                                              \
	set_up();                                                                                  \
	CHECK(function(valid, "/mnt", NULL, NULL, 0) >= 0);                                        \
	CHECK(function(valid, "/mnt", NULL, m.buf, sizeof(m.buf)) >= 0);                           \
} while (0)

static void test_text_arguments(void)
{
	TEXT_ARGUMENTS(xfshealer_event_text, struct xfshealer_event, &m.event);
	TEXT_ARGUMENTS(xfshealer_event_json, struct xfshealer_event, &m.event);
	TEXT_ARGUMENTS(xfshealer_action_text, struct xfshealer_action, &m.action);
	TEXT_ARGUMENTS(xfshealer_action_json, struct xfshealer_action, &m.action);
	REFUSED(xfshealer_escape(NULL, m.buf, sizeof(m.buf)));
	REFUSED(xfshealer_escape("/a", NULL, 1));
	REFUSED(xfshealer_escape(NULL, NULL, 0));
	CHECK_EQ(xfshealer_escape("/a", NULL, 0), 2);
	REFUSED_EACH(struct xfshealer_event, xfshealer_event_level(bad));
	REFUSED_EACH(struct xfshealer_action, xfshealer_action_level(bad));
}

void test_arguments(void)
{
	set_up();
	CHECK_EQ(xfshealer_planner_new(&planner, &m.policy), 0);
	test_decoder();
	test_fserrors();
	test_new();
	test_no_planner();
	test_planner_arguments();
	test_calls();
	test_text_arguments();
	xfshealer_planner_free(planner);
}
