/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Policies of other versions, policies that lie about their size, and policies of nonsense. */
#include "check.h"

#include <string.h>

static const struct xfshealer_policy plain = { .size = sizeof(plain),
					       .mode = XFSHEALER_MODE_LOG };

/* Whether a planner is made of it. */
static int make(const struct xfshealer_policy *policy)
{
	struct xfshealer_planner *planner = (void *)&planner;
	int ret = xfshealer_planner_new(&planner, policy);

	CHECK_EQ(planner != NULL, ret == 0);
	xfshealer_planner_free(planner);
	return ret;
}

/* A policy of `size` bytes before the end of memory. What follows it up to there, if its end is not
 * aligned, is no part of it and not 0. `tail` is at its own end. */
static int make_at_edge(uint32_t size, uint32_t said, uint8_t tail)
{
	size_t aligned = (size + 7) & ~(size_t)7;
	uint8_t *at = at_edge(aligned < 8 ? 8 : aligned);
	size_t known = size < sizeof(plain) ? size : sizeof(plain);

	memset(at, 0, size);
	memcpy(at, &plain, known);
	if (size > sizeof(plain))
		at[size - 1] = tail;
	memcpy(at, &said, sizeof(said));
	return make((const void *)at);
}

static void test_sizes(void)
{
	static const uint32_t small[] = { 0, 1, 3, 4, 8, 16, 24, 31 };
	static const uint32_t larger[] = { 41, 48, 63, 64, 128, 4095, 4096 };
	/* A program of an earlier version, and one whose last field is cut. */
	static const uint32_t earlier[] = { 32, 36, 37, 39 };
	static const uint32_t liars[] = { 1u << 20, INT32_MAX, 1u << 31, UINT32_MAX };

	for (size_t i = 0; i < COUNT(small); i++)
		CHECK_EQ(make_at_edge(small[i], small[i], 0), -EINVAL);
	for (size_t i = 0; i < COUNT(earlier); i++)
		CHECK_EQ(make_at_edge(earlier[i], earlier[i], 0), 0);
	CHECK_EQ(make_at_edge(sizeof(plain), sizeof(plain), 0), 0);
	/* A program of a later version, which does not use what is new in it, or does. */
	for (size_t i = 0; i < COUNT(larger); i++) {
		CHECK_EQ(make_at_edge(larger[i], larger[i], 0), 0);
		CHECK_EQ(make_at_edge(larger[i], larger[i], 1), -E2BIG);
		CHECK_EQ(make_at_edge(larger[i], larger[i], 0x80), -E2BIG);
	}
	/* No version is as large; reading all that is promised would go over the edge. */
	for (size_t i = 0; i < COUNT(liars); i++) {
		CHECK(make_at_edge(sizeof(plain), liars[i], 0) < 0);
		CHECK(make_at_edge(8, liars[i], 0) < 0);
	}
}

static void test_fields(void)
{
	static const uint32_t modes[] = { 0, 4, 99, UINT32_MAX };
	static const uint32_t workers[] = { 65, 1000, INT32_MAX, UINT32_MAX };
	static const uint32_t shifts[] = { 64, 65, UINT32_MAX };
	struct xfshealer_policy policy;

	for (int shift = 0; shift < 32; shift++) {
		policy = plain;
		policy.flags = 1u << shift;
		CHECK_EQ(make(&policy), shift < 5 ? 0 : -EINVAL);
	}
	for (uint32_t mode = XFSHEALER_MODE_IGNORE; mode <= XFSHEALER_MODE_REPAIR; mode++) {
		policy = plain;
		policy.mode = mode;
		CHECK_EQ(make(&policy), 0);
	}
	for (size_t i = 0; i < COUNT(modes); i++) {
		policy = plain;
		policy.mode = modes[i];
		CHECK_EQ(make(&policy), -EINVAL);
	}
	for (uint32_t count = 0; count <= 64; count++) {
		policy = plain;
		policy.workers = count;
		CHECK_EQ(make(&policy), 0);
	}
	for (size_t i = 0; i < COUNT(workers); i++) {
		policy = plain;
		policy.workers = workers[i];
		CHECK_EQ(make(&policy), -EINVAL);
	}
	for (uint32_t shift = 0; shift < 64; shift++) {
		policy = plain;
		policy.agno_shift = shift;
		CHECK_EQ(make(&policy), 0);
	}
	for (size_t i = 0; i < COUNT(shifts); i++) {
		policy = plain;
		policy.agno_shift = shifts[i];
		CHECK_EQ(make(&policy), -EINVAL);
	}
	policy = plain;
	policy.agcount = UINT32_MAX;
	CHECK_EQ(make(&policy), 0);
	policy.pad = 1;
	CHECK_EQ(make(&policy), -EINVAL);
	policy = plain;
	policy.escalate_structures = 5;
	CHECK_EQ(make(&policy), -EINVAL);
	policy.escalate_structures = UINT32_MAX;
	policy.escalate_within_ns = UINT64_MAX;
	CHECK_EQ(make(&policy), 0);
}

static void test_defect(void)
{
	for (int i = 0; i < 1000; i++) {
		uint32_t flags = (uint32_t)chance();
		int has = xfshealer_kernel_defect(below(20), below(30), flags);

		CHECK((has & ~(XFSHEALER_DEFECT_INODE | XFSHEALER_DEFECT_AGI)) == 0);
		has = xfshealer_kernel_defect((uint32_t)chance(), (uint32_t)chance(), flags);
		CHECK((has & ~(XFSHEALER_DEFECT_INODE | XFSHEALER_DEFECT_AGI)) == 0);
	}
}

void test_policy(void)
{
	test_sizes();
	test_fields();
	test_defect();
}
