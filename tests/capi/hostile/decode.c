/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Streams cut anywhere, streams of noise, and lengths that nothing has. */
#define _GNU_SOURCE
#include "check.h"

#include <limits.h>
#include <string.h>
#include <sys/mman.h>

#define RECORD XFSHEALER_RECORD_BYTES
#define RECORDS 12
#define NOISE 100000

static uint8_t stream[RECORDS * RECORD];
static struct xfshealer_event whole[RECORDS];

/* Decodes `size` bytes, which lie before the end of memory, in steps of at most `max` events. */
static int feed(struct xfshealer_decoder *decoder, const uint8_t *bytes, size_t size,
		struct xfshealer_event *events, size_t max)
{
	uint8_t *at = at_edge(size);
	int count = 0;

	memcpy(at, bytes, size);
	while (size > 0) {
		size_t consumed = SIZE_MAX;
		int n = xfshealer_decode(decoder, at, size, &consumed, events + count, max);

		CHECK(n >= 0 && (size_t)n <= max && consumed > 0 && consumed <= size);
		/* All, unless there was no room. */
		CHECK((size_t)n == max || consumed == size);
		if (n < 0 || consumed == 0 || consumed > size)
			break;
		count += n;
		at += consumed;
		size -= consumed;
	}
	return count;
}

static void same(const struct xfshealer_event *events, int count)
{
	CHECK_EQ(count, RECORDS);
	CHECK(memcmp(events, whole, sizeof(whole)) == 0);
}

static void test_cuts(void)
{
	struct xfshealer_event events[RECORDS];
	struct xfshealer_decoder decoder;
	int count;

	for (uint32_t i = 0; i < RECORDS; i++)
		fill_record(stream + i * RECORD, i % 10, i + 1);
	decoder = (struct xfshealer_decoder){ 0 };
	CHECK_EQ(feed(&decoder, stream, sizeof(stream), whole, RECORDS), RECORDS);
	for (size_t cut = 0; cut <= sizeof(stream); cut++) {
		memset(events, 0xee, sizeof(events));
		decoder = (struct xfshealer_decoder){ 0 };
		count = feed(&decoder, stream, cut, events, RECORDS);
		CHECK_EQ(count, (long long)(cut / RECORD));
		count += feed(&decoder, stream + cut, sizeof(stream) - cut, events + count, 1);
		same(events, count);
	}
	for (size_t step = 1; step < 3 * RECORD; step++) {
		decoder = (struct xfshealer_decoder){ 0 };
		count = 0;
		for (size_t at = 0; at < sizeof(stream); at += step) {
			size_t left = sizeof(stream) - at;

			count += feed(&decoder, stream + at, left < step ? left : step, events + count,
				      1 + step % 3);
		}
		same(events, count);
	}
}

/* Neither room for an event nor a byte is an error, and nothing is lost by asking. */
static void test_nothing(void)
{
	struct xfshealer_decoder decoder = { 0 };
	struct xfshealer_event event;
	size_t consumed = 99;

	CHECK_EQ(xfshealer_decode(&decoder, stream, 0, &consumed, &event, 1), 0);
	CHECK_EQ((long long)consumed, 0);
	CHECK_EQ(xfshealer_decode(&decoder, stream, 100, &consumed, &event, 0), 0);
	CHECK(consumed < RECORD);
	CHECK_EQ(xfshealer_decode(&decoder, stream + consumed, 100 - consumed, &consumed, &event, 1),
		 1);
	CHECK(memcmp(&event, whole, sizeof(event)) == 0);
}

static void test_lengths(void)
{
	static const size_t more_than_an_object[] = { SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2 + 1 };
	struct xfshealer_decoder decoder = { 0 };
	struct xfshealer_event events[2];
	size_t consumed = 99;

	for (size_t i = 0; i < COUNT(more_than_an_object); i++) {
		CHECK_EQ(xfshealer_decode(&decoder, stream, more_than_an_object[i], &consumed, events,
					  2), -EINVAL);
		CHECK_EQ((long long)consumed, 99);
	}
	/* More room than there is, for bytes that do not need it. */
	CHECK_EQ(xfshealer_decode(&decoder, stream, 2 * RECORD, &consumed, events, SIZE_MAX), 2);
	CHECK_EQ(xfshealer_decode(&decoder, stream, 2 * RECORD, &consumed, events,
				  (size_t)INT_MAX + 1), 2);
	CHECK_EQ((long long)consumed, 2 * RECORD);
}

/* More bytes than an int counts; the pages are all one. */
static void test_large_stream(void)
{
	size_t size = (size_t)INT_MAX + RECORD + 1;
	struct xfshealer_decoder decoder = { 0 };
	struct xfshealer_event events[2];
	size_t consumed = 0;
	void *bytes;

	/* Of 32 bits, where no object is so large. */
	if (size > PTRDIFF_MAX)
		return;
	bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (bytes == MAP_FAILED)
		return;
	CHECK_EQ(xfshealer_decode(&decoder, bytes, size, &consumed, events, 2), 2);
	CHECK_EQ((long long)consumed, 2 * RECORD);
	munmap(bytes, size);
}

/* The decoder is the caller's memory, and it may be overwritten. */
static void test_broken_decoder(void)
{
	static const uint32_t counts[] = { RECORD, RECORD + 1, INT32_MAX, UINT32_MAX };
	struct xfshealer_event event;
	size_t consumed = 99;

	for (size_t i = 0; i < COUNT(counts); i++) {
		struct xfshealer_decoder decoder = { .have = counts[i] };

		CHECK_EQ(xfshealer_decode(&decoder, stream, RECORD, &consumed, &event, 1), -EINVAL);
		CHECK_EQ((long long)consumed, 99);
	}
	for (int i = 0; i < 1000; i++) {
		struct xfshealer_decoder decoder;

		for (size_t byte = 0; byte < sizeof(decoder); byte++)
			((uint8_t *)&decoder)[byte] = (uint8_t)(chance() >> 56);
		decoder.have = below(80);
		CHECK(xfshealer_decode(&decoder, stream, RECORD, &consumed, &event, 1) <= 1);
	}
}

/* What the domain and the type do not have is 0, but for the union as it came. */
static void test_event(const struct xfshealer_event *e, const uint8_t *record)
{
	bool is_unknown = e->flags == XFSHEALER_EVENT_UNKNOWN;
	bool is_health = !is_unknown && e->type >= XFSHEALER_TYPE_SICK &&
			 e->type <= XFSHEALER_TYPE_HEALTHY;
	bool is_group = is_health && (e->domain == XFSHEALER_DOMAIN_AG ||
				      e->domain == XFSHEALER_DOMAIN_RTGROUP);
	bool is_range = !is_unknown && e->domain == XFSHEALER_DOMAIN_FILERANGE;
	bool is_inode = is_health && e->domain == XFSHEALER_DOMAIN_INODE;
	bool is_media = !is_unknown && e->type == XFSHEALER_TYPE_MEDIA_ERROR;

	CHECK(memcmp(record, &e->domain, 4) == 0 && memcmp(record + 4, &e->type, 4) == 0);
	CHECK(memcmp(record + 8, &e->time_ns, 8) == 0);
	CHECK(e->flags == 0 || is_unknown);
	CHECK(e->pad == 0 && e->reserved == 0);
	CHECK(is_health || e->mask == 0 || (!is_unknown && e->type == XFSHEALER_TYPE_SHUTDOWN));
	CHECK(is_group || e->gno == 0);
	CHECK(is_inode || is_range || (e->ino == 0 && e->gen == 0));
	CHECK(is_range || (e->pos == 0 && e->len == 0 && e->error == 0));
	CHECK(is_media || (e->daddr == 0 && e->bbcount == 0));
	CHECK((!is_unknown && e->type == XFSHEALER_TYPE_LOST) || e->lost == 0);
	CHECK(memcmp(e->payload, record + 16, sizeof(e->payload)) == 0);
}

static void test_noise(void)
{
	struct xfshealer_decoder decoder = { 0 };
	struct xfshealer_event event;
	uint8_t record[RECORD];

	for (int i = 0; i < NOISE; i++) {
		random_record(record);
		memset(&event, 0xee, sizeof(event));
		CHECK_EQ(feed(&decoder, record, sizeof(record), &event, 1), 1);
		test_event(&event, record);
	}
}

void test_decode(void)
{
	test_cuts();
	test_nothing();
	test_lengths();
	test_large_stream();
	test_broken_decoder();
	test_noise();
}
