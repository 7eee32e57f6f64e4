/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A program that uses the library as nobody should. It ends with 0 if everything happened that
 * xfshealer.h says, and nothing else.
 *
 *   hostile [slow]
 */
#define _GNU_SOURCE
#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* What is wrong is often wrong each time. */
#define MOST_COMPLAINTS 40
#define EDGE_BYTES (64u << 10)

bool is_slow;
static int complaints;

void check(bool holds, const char *claim, const char *file, int line)
{
	if (!holds && ++complaints <= MOST_COMPLAINTS)
		printf("%s:%d: %s\n", file, line, claim);
}

void check_eq(long long value, long long expected, const char *what, const char *file, int line)
{
	if (value != expected && ++complaints <= MOST_COMPLAINTS)
		printf("%s:%d: %s is %lld, not %lld\n", file, line, what, value, expected);
}

/* xorshift64*; good enough, and the same everywhere. */
uint64_t chance(void)
{
	static uint64_t state = 0x9e3779b97f4a7c15u;

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1du;
}

uint32_t below(uint32_t end)
{
	return (uint32_t)(chance() >> 32) % end;
}

void *at_edge(size_t size)
{
	static char *start;

	if (!start) {
		start = mmap(NULL, 2 * EDGE_BYTES, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		if (start == MAP_FAILED || mprotect(start + EDGE_BYTES, EDGE_BYTES, PROT_NONE))
			abort();
	}
	if (size > EDGE_BYTES)
		abort();
	memset(start, 0xff, EDGE_BYTES);
	return start + EDGE_BYTES - size;
}

void fill_record(uint8_t *record, uint32_t domain, uint32_t type)
{
	for (size_t i = 0; i < XFSHEALER_RECORD_BYTES; i++)
		record[i] = (uint8_t)(chance() >> 56);
	memcpy(record, &domain, sizeof(domain));
	memcpy(record + 4, &type, sizeof(type));
}

void random_record(uint8_t *record)
{
	if (below(8) == 0)
		fill_record(record, (uint32_t)chance(), (uint32_t)chance());
	else
		fill_record(record, below(11), below(15));
	/* As the kernel has it: few bits, small numbers. */
	if (below(2) == 0) {
		uint32_t mask = 1u << below(32), group = below(8);

		memcpy(record + 16, &mask, sizeof(mask));
		memcpy(record + 20, &group, sizeof(group));
	}
}

int main(int argc, char **argv)
{
	is_slow = argc > 1 && strcmp(argv[1], "slow") == 0;
	test_arguments();
	test_names();
	test_decode();
	test_fserror();
	test_policy();
	test_text();
	test_answers();
	test_planner();
	if (complaints)
		printf("%d claims do not hold\n", complaints);
	return complaints ? 1 : 0;
}
