/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Events about errors of any filesystem: as the kernel writes them, cut anywhere, and noise. */
#include "check.h"

#include <string.h>

#define NOISE 100000

/* An event of fanotify about a file of ext4, as the kernel lays it out. */
static const struct event {
	uint32_t len;
	uint8_t vers, reserved;
	uint16_t metadata_len;
	uint64_t mask;
	int32_t fd, pid;
	uint8_t error_type, error_pad;
	uint16_t error_len;
	int32_t error;
	uint32_t count;
	uint8_t fid_type, fid_pad;
	uint16_t fid_len;
	int32_t fsid[2];
	uint32_t handle_bytes;
	int32_t handle_type;
	uint32_t ino, gen;
} event = {
	.len = sizeof(event), .vers = 3, .metadata_len = 24, .mask = 0x8000, .fd = -1,
	.error_type = 5, .error_len = 12, .error = 117, .count = 3,
	.fid_type = 1, .fid_len = 28, .fsid = { 7, 8 },
	.handle_bytes = 8, .handle_type = 1, .ino = 12, .gen = 0xabcd,
};
_Static_assert(sizeof(event) == 64, "there is no gap");

/* Decodes from memory that ends with these bytes. */
static int decode(const void *bytes, size_t size, size_t *used, struct xfshealer_fserror *e)
{
	void *at = at_edge(size);

	memcpy(at, bytes, size);
	memset(e, 0xee, sizeof(*e));
	return xfshealer_fserror_decode(at, size, used, e);
}

static void test_event(void)
{
	struct xfshealer_fserror e, expected = {
		.type = XFSHEALER_FSERROR_ERROR, .flags = XFSHEALER_FSERROR_INO, .error = 117,
		.count = 3, .fsid = { 7, 8 }, .handle_type = 1, .handle_bytes = 8, .ino = 12,
		.gen = 0xabcd,
	};
	uint8_t two[2 * sizeof(event)];
	size_t used = 99;

	memcpy(expected.handle, &event.ino, 8);
	memcpy(two, &event, sizeof(event));
	memcpy(two + sizeof(event), &event, sizeof(event));
	CHECK_EQ(decode(two, sizeof(two), &used, &e), 1);
	CHECK_EQ((long long)used, sizeof(event));
	CHECK(memcmp(&e, &expected, sizeof(e)) == 0);
	for (size_t size = 1; size < sizeof(event); size++) {
		CHECK_EQ(decode(&event, size, &used, &e), 1);
		CHECK_EQ((long long)used, (long long)size);
		CHECK_EQ(e.type, XFSHEALER_FSERROR_SENSELESS);
		CHECK(e.ino == 0 && e.handle_bytes == 0 && e.pad == 0 && e.reserved == 0);
	}
	used = 99;
	e = expected;
	CHECK_EQ(xfshealer_fserror_decode(NULL, 0, &used, &e), 0);
	CHECK(used == 0 && memcmp(&e, &expected, sizeof(e)) == 0);
	used = 99;
	CHECK_EQ(xfshealer_fserror_decode(&event, SIZE_MAX, &used, &e), -EINVAL);
	CHECK(used == 99 && memcmp(&e, &expected, sizeof(e)) == 0);
}

/* Some bytes of an event lie: whatever it is, there is an end to it. */
static void test_noise(void)
{
	struct xfshealer_fserror e;
	uint8_t bytes[3 * sizeof(event)];

	for (int i = 0; i < (is_slow ? NOISE / 100 : NOISE); i++) {
		size_t size = sizeof(bytes), at = 0, used = 0;

		for (int part = 0; part < 3; part++)
			memcpy(bytes + part * sizeof(event), &event, sizeof(event));
		for (uint32_t lies = 1 + below(4); lies > 0; lies--)
			bytes[below(sizeof(bytes))] = (uint8_t)chance();
		while (decode(bytes + at, size - at, &used, &e) == 1) {
			CHECK(used > 0 && used <= size - at);
			CHECK(e.type >= XFSHEALER_FSERROR_ERROR &&
			      e.type <= XFSHEALER_FSERROR_SENSELESS);
			CHECK(e.handle_bytes <= XFSHEALER_HANDLE_BYTES && e.reserved == 0);
			at += used;
		}
		CHECK_EQ((long long)at, (long long)size);
	}
}

void test_fserror(void)
{
	test_event();
	test_noise();
}
