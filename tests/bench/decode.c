/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * How long xfshealer_decode takes for a stream of mixed records, beside memcpy of the same bytes,
 * which is what no decoder can beat. Both alternate, so that both have the same machine.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <xfshealer.h>

#define ROUNDS 101
/* Events at once: 8 KiB of the stream, as a caller of read(2) might have it, and all of a stream. */
#define FEW 128
#define MANY 4096

/* Counts what the library asks for; see tests/capi/allocations.c. */
void *__libc_malloc(size_t size);
void *__libc_realloc(void *at, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static unsigned long allocations;

void *malloc(size_t size)
{
	allocations++;
	return __libc_malloc(size);
}

void *realloc(void *at, size_t size)
{
	allocations++;
	return __libc_realloc(at, size);
}

int posix_memalign(void **at, size_t alignment, size_t size)
{
	allocations++;
	*at = __libc_memalign(alignment, size);
	return *at ? 0 : ENOMEM;
}

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

/* Pairs of domain and type as they come: much damage, some I/O errors, seldom what is unknown. */
static void fill(uint8_t *bytes, size_t size)
{
	static const uint32_t pairs[][2] = {
		{ XFSHEALER_DOMAIN_AG, XFSHEALER_TYPE_SICK },
		{ XFSHEALER_DOMAIN_INODE, XFSHEALER_TYPE_SICK },
		{ XFSHEALER_DOMAIN_INODE, XFSHEALER_TYPE_HEALTHY },
		{ XFSHEALER_DOMAIN_FS, XFSHEALER_TYPE_CORRUPT },
		{ XFSHEALER_DOMAIN_RTGROUP, XFSHEALER_TYPE_SICK },
		{ XFSHEALER_DOMAIN_DATADEV, XFSHEALER_TYPE_MEDIA_ERROR },
		{ XFSHEALER_DOMAIN_FILERANGE, XFSHEALER_TYPE_BUFREAD },
		{ XFSHEALER_DOMAIN_FILERANGE, XFSHEALER_TYPE_DIOWRITE },
		{ XFSHEALER_DOMAIN_MOUNT, XFSHEALER_TYPE_LOST },
		{ 77, 77 },
	};
	uint64_t state = 0x9e3779b97f4a7c15u;

	for (size_t at = 0; at < size; at += XFSHEALER_RECORD_BYTES) {
		for (size_t i = 0; i < XFSHEALER_RECORD_BYTES; i++) {
			state ^= state << 13;
			state ^= state >> 7;
			state ^= state << 17;
			bytes[at + i] = (uint8_t)(state >> 32);
		}
		memcpy(bytes + at, pairs[state % (sizeof(pairs) / sizeof(*pairs))], sizeof(*pairs));
	}
}

static size_t decode(const uint8_t *bytes, size_t size, struct xfshealer_event *events, size_t max)
{
	struct xfshealer_decoder decoder = { 0 };
	size_t count = 0, consumed;

	while (size > 0) {
		count += (size_t)xfshealer_decode(&decoder, bytes, size, &consumed, events, max);
		bytes += consumed;
		size -= consumed;
	}
	return count;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *of)
{
	qsort(of, ROUNDS, sizeof(*of), compare);
	return of[ROUNDS / 2];
}

static void measure(size_t size, size_t max)
{
	static double decoding[ROUNDS], copying[ROUNDS];
	struct xfshealer_event *events = calloc(max, sizeof(*events));
	uint8_t *bytes = aligned_alloc(4096, size), *copy = aligned_alloc(4096, size);
	/* Where so little is done the clock would take a part of the time. */
	size_t repeats = size < (1u << 20) ? 64 : 1, records = size / XFSHEALER_RECORD_BYTES;
	unsigned long before = allocations;

	if (!events || !bytes || !copy)
		abort();
	fill(bytes, size);
	memset(copy, 1, size);
	for (int round = 0; round < ROUNDS; round++) {
		double start = now_ns();

		for (size_t i = 0; i < repeats; i++)
			if (decode(bytes, size, events, max) != records)
				abort();
		decoding[round] = (now_ns() - start) / (double)repeats;
		start = now_ns();
		for (size_t i = 0; i < repeats; i++) {
			memcpy(copy, bytes, size);
			/* The compiler must not find that nobody looks at the copy. */
			__asm__ volatile("" : : "r"(copy) : "memory");
		}
		copying[round] = (now_ns() - start) / (double)repeats;
	}
	printf("%6zu KiB, %4zu events a call: decode %6.2f ns a record, memcpy %6.2f ns, ratio %.2f, "
	       "%lu allocations\n", size >> 10, max, median(decoding) / (double)records,
	       median(copying) / (double)records, median(decoding) / median(copying),
	       allocations - before);
	free(events);
	free(bytes);
	free(copy);
}

int main(void)
{
	printf("medians of %d rounds; a record has %d bytes, an event %zu\n", ROUNDS,
	       XFSHEALER_RECORD_BYTES, sizeof(struct xfshealer_event));
	measure(64u << 10, FEW);
	measure(64u << 10, MANY);
	measure(64u << 20, FEW);
	measure(64u << 20, MANY);
	return 0;
}
