/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lines and JSON: as snprintf(3) has it, on one line whatever a name is, and never beyond the end. */
#define _GNU_SOURCE
#include "check.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MOST 16384
#define LINE 900 /* of a text; JSON has names whole */
#define LONG_PART "0123456789\xe2\x80\xa8\xff\n/\"\\"
#define LONG LONG_PART LONG_PART LONG_PART LONG_PART LONG_PART LONG_PART LONG_PART LONG_PART \
	LONG_PART LONG_PART LONG_PART LONG_PART LONG_PART LONG_PART LONG_PART LONG_PART LONG_PART

typedef int event_writer(const struct xfshealer_event *, const char *, const char *, char *, size_t);
typedef int action_writer(const struct xfshealer_action *, const char *, const char *, char *,
			  size_t);

/* One text: an event or an action and its names, or a name by itself. */
struct text {
	event_writer *of_event;
	action_writer *of_action;
	const struct xfshealer_event *event;
	const struct xfshealer_action *action;
	const char *mountpoint;
	const char *path;
};

static int print(const struct text *text, char *buf, size_t size)
{
	if (text->event)
		return text->of_event(text->event, text->mountpoint, text->path, buf, size);
	if (!text->action)
		return xfshealer_escape(text->mountpoint, buf, size);
	return text->of_action(text->action, text->mountpoint, text->path, buf, size);
}

static bool is_json(const struct text *text)
{
	return text->of_event == xfshealer_event_json || text->of_action == xfshealer_action_json;
}

/* One object of flat strings, numbers and arrays; enough to find a quote that ends too early. */
static bool is_sound_json(const char *c)
{
	int depth = 0;

	for (; *c; c++) {
		if (*c == '{' || *c == '[') {
			depth++;
		} else if (*c == '}' || *c == ']') {
			depth--;
		} else if (*c == '"') {
			for (c++; *c && *c != '"'; c++)
				if (*c == '\\' && !strchr("\"\\/bfnrtu", *++c))
					return false;
			if (!*c)
				return false;
		} else if (!strchr(":,-.+0123456789eE truefalsn", *c)) {
			return false;
		}
		if (depth == 0 && c[1])
			return false;
	}
	return depth == 0;
}

/* What a terminal or a log would take for more than a character. */
static bool has_control(const char *c)
{
	for (; *c; c++)
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			return true;
	return false;
}

static void test_size(const struct text *text, const char *all, size_t length, size_t size)
{
	char *at = at_edge(size ? size : 1);
	size_t fits = size ? (length < size - 1 ? length : size - 1) : 0;

	memset(at, 0xcc, size);
	CHECK_EQ(print(text, at, size), (long long)length);
	/* Nothing before it; what is behind it cannot be written. */
	CHECK(size == 0 || (unsigned char)at[-1] == 0xff);
	if (size == 0)
		CHECK((unsigned char)at[0] == 0xff);
	else
		CHECK(memcmp(at, all, fits) == 0 && at[fits] == '\0');
}

static void test_one(const struct text *text)
{
	static char all[MOST];
	int ret = print(text, NULL, 0);
	size_t length = (size_t)ret;

	CHECK(ret >= 0 && ret < MOST && (is_json(text) || ret <= LINE));
	if (ret < 0 || ret >= MOST)
		return;
	CHECK_EQ(print(text, all, sizeof(all)), ret);
	CHECK(strlen(all) == length && !has_control(all));
	if (is_json(text))
		CHECK(ret == 0 || (all[0] == '{' && is_sound_json(all)));
	test_size(text, all, length, 0);
	test_size(text, all, length, 1);
	test_size(text, all, length, 2);
	if (length > 1)
		test_size(text, all, length, length - 1);
	test_size(text, all, length, length + (length == 0));
	test_size(text, all, length, length + 1);
	test_size(text, all, length, length + 2);
	test_size(text, all, length, below((uint32_t)length + 10));
}

static const char *const names[] = {
	"", "/", "/mnt", "/mnt/a b", "/\n/mnt: Repairs successful.", "/\r\x1b[2J\x07", "/\"}\\\"\\",
	"/%s%n%d", "/\xff\xfe\x80", "/\xc3\xa9", "/\xc3", "/\xe2\x80\xa8", "/\x7f",
	"/\xed\xa0\x80\xf4\x90\x80\x80", "/" LONG LONG, "/" LONG LONG "\n",
};

static const char *any_name(void)
{
	return names[below(COUNT(names))];
}

static void test_names_alone(void)
{
	static const char *const relative[] = { "a", "a/b", " /a", "\xff", "\n" };
	const struct xfshealer_event event = { .domain = XFSHEALER_DOMAIN_INODE, .mask = 1,
					       .type = XFSHEALER_TYPE_SICK, .ino = 128 };

	for (size_t i = 0; i < COUNT(names); i++)
		test_one(&(struct text){ .mountpoint = names[i] });
	for (size_t i = 0; i < COUNT(relative); i++) {
		test_one(&(struct text){ .mountpoint = relative[i] });
		test_one(&(struct text){ .of_event = xfshealer_event_text, .event = &event,
					 .mountpoint = relative[i] });
		CHECK_EQ(xfshealer_event_text(&event, "/m", relative[i], NULL, 0), -EINVAL);
		CHECK_EQ(xfshealer_event_json(&event, "/m", relative[i], NULL, 0), -EINVAL);
	}
}

static void test_event_texts(const struct xfshealer_event *event)
{
	struct text text = { .event = event, .mountpoint = any_name(),
			     .path = below(3) ? any_name() : NULL };
	int level = xfshealer_event_level(event);

	CHECK(level >= 0 && level <= 7);
	text.of_event = xfshealer_event_text;
	test_one(&text);
	text.of_event = xfshealer_event_json;
	test_one(&text);
}

/* Events of all kinds as the decoder gives them. */
static void test_events(void)
{
	struct xfshealer_decoder decoder = { 0 };
	struct xfshealer_event event;
	uint8_t record[XFSHEALER_RECORD_BYTES];
	size_t consumed;

	for (uint32_t i = 0; i < (is_slow ? 2000u : 20000u); i++) {
		if (i < 20 * 20)
			fill_record(record, i / 20, i % 20);
		else
			random_record(record);
		CHECK_EQ(xfshealer_decode(&decoder, record, sizeof(record), &consumed, &event, 1), 1);
		test_event_texts(&event);
	}
}

/* Actions that no planner makes: refused or written, never something else. */
static void test_actions(void)
{
	for (int i = 0; i < (is_slow ? 5000 : 50000); i++) {
		struct xfshealer_action action = {
			.ticket = chance(), .kind = below(6), .flags = below(3),
			.target = { .domain = below(5), .gno = below(9), .ino = chance(),
				    .gen = (uint32_t)chance(), .pad = below(50) == 0 },
			.sm_type = below(40), .notice = below(31), .failure = below(8),
			.error = (int32_t)(below(4) ? below(200) : chance()),
			.reasons = below(40), .depth = below(6),
		};
		struct text text = { .action = &action, .mountpoint = any_name(),
				     .path = below(2) ? any_name() : NULL };
		int ret = xfshealer_action_text(&action, "/mnt", NULL, NULL, 0);

		CHECK(ret >= 0 || ret == -EINVAL);
		CHECK_EQ(xfshealer_action_json(&action, "/mnt", NULL, NULL, 0) < 0, ret < 0);
		CHECK_EQ(xfshealer_action_level(&action) < 0, ret < 0);
		if (action.kind < XFSHEALER_ACTION_REPAIR || action.kind > XFSHEALER_ACTION_SAY)
			CHECK_EQ(ret, -EINVAL);
		if (ret < 0)
			continue;
		text.of_action = xfshealer_action_text;
		test_one(&text);
		text.of_action = xfshealer_action_json;
		test_one(&text);
	}
}

static void test_out_of_range(void)
{
	static const uint32_t kinds[] = { 0, 5, 20, 1000, INT32_MAX, UINT32_MAX };
	static const uint32_t notices[] = { 0, 10, 19, 32, 1000, INT32_MAX, UINT32_MAX };
	static const uint32_t reasons[] = { 32, 64, 1u << 31, UINT32_MAX };
	const struct xfshealer_action say = { .kind = XFSHEALER_ACTION_SAY,
					      .notice = XFSHEALER_NOTICE_READ_ONLY };
	const struct xfshealer_action scrub = { .kind = XFSHEALER_ACTION_FULL_SCRUB, .ticket = 1,
						.reasons = XFSHEALER_REASON_BURST };
	const struct xfshealer_action failed = { .kind = XFSHEALER_ACTION_SAY,
						 .notice = XFSHEALER_NOTICE_FAILED,
						 .failure = XFSHEALER_FAILURE_DEVICE, .sm_type = 5,
						 .target = { .domain = XFSHEALER_DOMAIN_AG } };
	struct xfshealer_action action;
	char buf[4];

#define ACTION(set, expected) do {                                                                 \
	set;                                                                                       \
	CHECK_EQ(xfshealer_action_text(&action, "/m", NULL, NULL, 0) < 0, (expected) < 0);         \
	CHECK_EQ(xfshealer_action_level(&action) < 0, (expected) < 0);                             \
} while (0)
	ACTION(action = failed, 0);
	ACTION((action = failed, action.failure = 0), -EINVAL);
	ACTION((action = failed, action.failure = 8), -EINVAL);
	ACTION((action = failed, action.sm_type = 99), -EINVAL);
	ACTION((action = failed, action.target.domain = 99), -EINVAL);
	ACTION((action = failed, action.target.pad = 1), -EINVAL);
	ACTION((action = failed, action.reserved[1] = 1), -EINVAL);
	ACTION(action = say, 0);
	ACTION(action = scrub, 0);
	for (size_t i = 0; i < COUNT(reasons); i++)
		ACTION((action = scrub, action.reasons = reasons[i]), -EINVAL);
	for (size_t i = 0; i < COUNT(kinds); i++)
		ACTION((action = say, action.kind = kinds[i]), -EINVAL);
	for (size_t i = 0; i < COUNT(notices); i++)
		ACTION((action = say, action.notice = notices[i]), -EINVAL);
	CHECK_EQ(xfshealer_action_text(&action, "/m", NULL, buf, sizeof(buf)), -EINVAL);
}

/* A name of more than 2 GiB when it is escaped, made of one page over and over. */
static void test_overflow(void)
{
	const struct xfshealer_event event = { .domain = XFSHEALER_DOMAIN_INODE, .mask = 1,
					       .type = XFSHEALER_TYPE_SICK, .ino = 128 };
	size_t part = 1u << 20, parts = INT_MAX / 4 / part + 2;
	char *start, buf[64];
	int fd;

	if (is_slow)
		return;
	fd = memfd_create("name", 0);
	start = mmap(NULL, (parts + 1) * part, PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (fd < 0 || ftruncate(fd, (off_t)part) || start == MAP_FAILED) {
		printf("not tried: a name of 2 GiB\n");
		return;
	}
	for (size_t i = 0; i < parts; i++)
		if (mmap(start + i * part, part, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd,
			 0) == MAP_FAILED)
			return;
	memset(start, 1, part);
	start[0] = '/';
	CHECK_EQ(xfshealer_event_json(&event, "/mnt", start, buf, sizeof(buf)), -EOVERFLOW);
	CHECK(memchr(buf, 0, sizeof(buf)) != NULL);
	CHECK(xfshealer_event_text(&event, "/mnt", start, buf, sizeof(buf)) <= LINE);
	munmap(start, (parts + 1) * part);
	close(fd);
}

void test_text(void)
{
	test_names_alone();
	test_events();
	test_actions();
	test_out_of_range();
	test_overflow();
}
