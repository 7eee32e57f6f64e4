/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * When the library asks for memory: to decode and to write never, to plan only when a planner is
 * made and while more is damaged than ever before. Ends with 0 if so, and prints the numbers.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <xfshealer.h>

#define ROUNDS 100000
/* As many structures as a planner remembers. */
#define STRUCTURES 16384
#define MOST_WHILE_GROWING 200

/* Those of the C library, below the names that are taken here. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *at, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *at);

void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *at, size_t size);
void *aligned_alloc(size_t alignment, size_t size);
void *memalign(size_t alignment, size_t size);
int posix_memalign(void **at, size_t alignment, size_t size);
void free(void *at);

static unsigned long allocations;
/* Of those the ones that have not been freed. */
static long live;
/* The next so many are granted and then none, if this is not negative. */
static long granted = -1;

/* Counts a request; whether it is granted. */
static bool ask(bool is_new)
{
	allocations++;
	if (granted == 0)
		return false;
	granted -= granted > 0;
	live += is_new;
	return true;
}

void *malloc(size_t size)
{
	return ask(true) ? __libc_malloc(size) : NULL;
}

void *calloc(size_t count, size_t size)
{
	return ask(true) ? __libc_calloc(count, size) : NULL;
}

void *realloc(void *at, size_t size)
{
	return ask(at == NULL) ? __libc_realloc(at, size) : NULL;
}

void *memalign(size_t alignment, size_t size)
{
	return ask(true) ? __libc_memalign(alignment, size) : NULL;
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **at, size_t alignment, size_t size)
{
	*at = memalign(alignment, size);
	return *at ? 0 : ENOMEM;
}

void free(void *at)
{
	live -= at != NULL;
	__libc_free(at);
}

static bool has_failed;

static void claim(const char *what, unsigned long count, unsigned long most)
{
	bool holds = count <= most;

	printf("%s: %lu, at most %lu%s\n", what, count, most, holds ? "" : ": TOO MANY");
	has_failed |= !holds;
}

/* The event number `i` of many, each about another inode of four AGs. */
static struct xfshealer_event sick_inode(unsigned int i)
{
	return (struct xfshealer_event){ .domain = XFSHEALER_DOMAIN_INODE,
					 .type = XFSHEALER_TYPE_SICK, .mask = 1,
					 .ino = 128 + i / 4 + ((uint64_t)(i % 4) << 32), .gen = i };
}

/* One of all notices, with all errnos. */
static struct xfshealer_action notice(unsigned int i)
{
	struct xfshealer_action action = { .kind = XFSHEALER_ACTION_SAY, .notice = 1 + i % 21 };
	bool is_failure = action.notice == XFSHEALER_NOTICE_FAILED ||
			  action.notice == XFSHEALER_NOTICE_OFFLINE_NEEDED;

	if (action.notice <= XFSHEALER_NOTICE_WOULD_REPAIR) {
		action.target.domain = XFSHEALER_DOMAIN_AG;
		action.sm_type = 5;
	} else {
		action.notice += XFSHEALER_NOTICE_READ_ONLY - XFSHEALER_NOTICE_WOULD_REPAIR - 1;
	}
	if (is_failure)
		action.failure = XFSHEALER_FAILURE_ERRNO;
	if (is_failure || action.notice == XFSHEALER_NOTICE_UNREACHABLE)
		action.error = 1 + (int)(i % 140);
	if (action.notice == XFSHEALER_NOTICE_WOULD_SCRUB)
		action.reasons = 1 + i % 31;
	return action;
}

static void decode_and_write(void)
{
	struct xfshealer_decoder decoder = { 0 };
	struct xfshealer_fserror fserror;
	struct xfshealer_event event;
	struct xfshealer_action action;
	unsigned long refused = 0;
	uint8_t record[XFSHEALER_RECORD_BYTES] = { 0 };
	size_t consumed;
	char line[256];

	for (uint32_t i = 0; i < ROUNDS; i++) {
		uint32_t kind[2] = { i % 11, i / 11 % 15 };

		memcpy(record, kind, sizeof(kind));
		memcpy(record + 16, &i, sizeof(i));
		/* In two parts, as a pipe might have it. */
		xfshealer_decode(&decoder, record, i % 64, &consumed, &event, 1);
		xfshealer_decode(&decoder, record + i % 64, 64 - i % 64, &consumed, &event, 1);
		xfshealer_fserror_decode(record, sizeof(record), &consumed, &fserror);
		xfshealer_event_text(&event, "/mnt", "/a\nb", line, sizeof(line));
		xfshealer_event_json(&event, "/mnt", NULL, line, sizeof(line));
		action = notice(i);
		refused += xfshealer_action_text(&action, "/mnt", "/a\nb", line, sizeof(line)) <= 0;
		refused += xfshealer_action_json(&action, "/mnt", NULL, line, sizeof(line)) <= 0;
	}
	claim("notices that cannot be written", refused, 0);
}

/* Does what is to be done at a moment; each repair ends in another way. */
static void do_all(struct xfshealer_planner *planner, uint64_t now)
{
	static uint32_t repairs;
	struct xfshealer_action action;
	struct xfshealer_outcome outcome = { 0 };

	while (xfshealer_planner_next(planner, now, &action) == 1) {
		switch (action.kind) {
		case XFSHEALER_ACTION_REPAIR:
			outcome.code = repairs++ % 3 ? XFSHEALER_OUTCOME_BUSY
						     : XFSHEALER_OUTCOME_FAILED;
			xfshealer_planner_finished(planner, action.ticket, &outcome, now);
			break;
		case XFSHEALER_ACTION_FULL_SCRUB:
			xfshealer_planner_scrub_finished(planner, action.ticket,
							 XFSHEALER_SCRUB_DAMAGE_LEFT, now);
			break;
		case XFSHEALER_ACTION_LOOK:
			xfshealer_planner_look_finished(planner, action.ticket,
							XFSHEALER_LOOK_COMPLETE, now);
			break;
		}
	}
}

/* Tells of damage to the structures from `first` on, and of some that has gone. */
static void damage(struct xfshealer_planner *planner, unsigned int first, uint64_t *now)
{
	for (unsigned int i = 0; i < ROUNDS; i++) {
		struct xfshealer_event event = sick_inode((first + i) % (2 * STRUCTURES));

		if (i % 5 == 0)
			event.type = XFSHEALER_TYPE_HEALTHY;
		*now += 1000000;
		xfshealer_planner_event(planner, &event, *now);
		do_all(planner, *now);
	}
}

static void plan(void)
{
	const struct xfshealer_policy policy = { .size = sizeof(policy), .workers = 8,
						 .mode = XFSHEALER_MODE_REPAIR, .agno_shift = 32 };
	struct xfshealer_planner *planner;
	unsigned long before;
	long live_before = live;
	uint64_t now = 0;

	before = allocations;
	if (xfshealer_planner_new(&planner, &policy) != 0)
		return;
	printf("to make a planner: %lu\n", allocations - before);

	before = allocations;
	for (unsigned int i = 0; i < STRUCTURES + 100; i++) {
		struct xfshealer_event event = sick_inode(i);

		xfshealer_planner_event(planner, &event, now);
	}
	do_all(planner, now);
	damage(planner, 0, &now);
	printf("damaged: %d\n", xfshealer_planner_damaged(planner));
	has_failed |= xfshealer_planner_damaged(planner) < STRUCTURES / 2;
	claim("while the table grows", allocations - before, MOST_WHILE_GROWING);

	before = allocations;
	damage(planner, STRUCTURES, &now);
	claim("with as much as a planner remembers", allocations - before, 0);
	xfshealer_planner_free(planner);
	claim("not given back", (unsigned long)(live - live_before), 0);
}

/* Refuses one after the other of the requests of a new planner, and then those of one that grows. */
static void refuse(void)
{
	const struct xfshealer_policy policy = { .size = sizeof(policy), .workers = 8,
						 .mode = XFSHEALER_MODE_REPAIR };
	struct xfshealer_planner *planner = (struct xfshealer_planner *)&policy;
	unsigned long wrong = 0;
	long live_before = live;
	uint64_t now = 0;
	int made = -1, n;

	for (n = 0; made != 0 && n < 100; n++) {
		granted = n;
		made = xfshealer_planner_new(&planner, &policy);
		granted = -1;
		wrong += made != 0 && (made != -ENOMEM || planner || live != live_before);
	}
	claim("planners made of too little", wrong + (n < 2) + (made != 0), 0);
	granted = 0;
	for (unsigned int i = 0; i < 1000; i++) {
		struct xfshealer_event event = sick_inode(i);

		now += 1000000000;
		wrong += xfshealer_planner_event(planner, &event, now) != 0;
		do_all(planner, now);
	}
	granted = -1;
	claim("refused where there is no memory", wrong, 0);
	claim("remembered where there is no memory", (unsigned long)xfshealer_planner_damaged(planner), 0);
	xfshealer_planner_free(planner);
}

int main(void)
{
	unsigned long before;

	/* The buffer of standard output is not the library's. */
	setvbuf(stdout, NULL, _IONBF, 0);
	before = allocations;
	decode_and_write();
	claim("to decode and to write", allocations - before, 0);
	plan();
	refuse();
	return has_failed;
}
