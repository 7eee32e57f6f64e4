/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names: constants, of one word or phrase, and NULL for every other number. */
#include "check.h"

#include <string.h>

/* A name, or with `is_there` false none. */
static void expect(const char *name, bool is_there, const char *what, uint32_t number)
{
	CHECK_EQ(name != NULL, is_there);
	if (!name)
		return;
	check(name[0] != '\0' && strlen(name) < 64, what, __FILE__, (int)number);
	for (const char *c = name; *c; c++)
		check(*c >= ' ' && *c <= '~', what, __FILE__, (int)number);
}

static void test_enumerations(uint32_t number)
{
	expect(xfshealer_domain_name(number), number <= XFSHEALER_DOMAIN_FILERANGE, "domain",
	       number);
	expect(xfshealer_type_name(number), number <= XFSHEALER_TYPE_DATALOST, "type", number);
	expect(xfshealer_outcome_name(number),
	       number >= XFSHEALER_OUTCOME_REPAIRED && number <= XFSHEALER_OUTCOME_NOT_JUDGED,
	       "outcome", number);
}

/* Scrub types are the kernel's; some in the middle are about nothing that is repaired. */
static void test_scrub_types(void)
{
	uint32_t known = 0;

	for (uint32_t number = 0; number < 1000; number++) {
		const char *name = xfshealer_scrub_type_name(number);

		expect(name, name != NULL, "scrub type", number);
		known += name != NULL;
	}
	CHECK(known > 20 && known < 64);
	CHECK(strcmp(xfshealer_scrub_type_name(5), "bnobt") == 0);
	CHECK(xfshealer_scrub_type_name(UINT32_MAX) == NULL);
}

static bool has_structures(uint32_t domain)
{
	return domain == XFSHEALER_DOMAIN_FS || domain == XFSHEALER_DOMAIN_AG ||
	       domain == XFSHEALER_DOMAIN_INODE || domain == XFSHEALER_DOMAIN_RTGROUP;
}

static void test_bits(void)
{
	for (uint32_t domain = 0; domain < 20; domain++) {
		int known = 0;

		for (int shift = 0; shift < 32; shift++) {
			const char *name = xfshealer_sick_name(domain, 1u << shift);

			expect(name, name != NULL, "sick", domain);
			known += name != NULL;
		}
		CHECK_EQ(known > 0, has_structures(domain));
		CHECK(xfshealer_sick_name(domain, 0) == NULL);
		CHECK(xfshealer_sick_name(domain, 3) == NULL);
		CHECK(xfshealer_sick_name(domain, UINT32_MAX) == NULL);
	}
	/* XFS_AG_GEOM_SICK_BNOBT */
	CHECK(strcmp(xfshealer_sick_name(XFSHEALER_DOMAIN_AG, 1u << 4), "bnobt") == 0);
	for (int shift = 0; shift < 32; shift++)
		expect(xfshealer_shutdown_name(1u << shift), shift < 6, "shutdown", (uint32_t)shift);
	CHECK(xfshealer_shutdown_name(0) == NULL);
	CHECK(xfshealer_shutdown_name(3) == NULL);
}

void test_names(void)
{
	for (uint32_t number = 0; number < 1000; number++)
		test_enumerations(number);
	for (int i = 0; i < 1000; i++)
		test_enumerations((uint32_t)chance() | 1u << 31);
	test_scrub_types();
	test_bits();
	CHECK_EQ(xfshealer_abi_version(), XFSHEALER_ABI_VERSION);
	CHECK(xfshealer_version() == xfshealer_version());
}
