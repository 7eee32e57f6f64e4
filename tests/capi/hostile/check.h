/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the parts of the test share: claims, chance, memory with an end, records of the kernel. */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <xfshealer.h>

/* Says what does not hold and where; the program goes on and fails at its end. */
#define CHECK(claim) check((claim), #claim, __FILE__, __LINE__)
/* The same, for where a number says more. */
#define CHECK_EQ(value, expected) check_eq((value), (expected), #value, __FILE__, __LINE__)

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

void check(bool holds, const char *claim, const char *file, int line);
void check_eq(long long value, long long expected, const char *what, const char *file, int line);

/* The same numbers on each run. */
uint64_t chance(void);
/* One below `end`. */
uint32_t below(uint32_t end);

/* The last `size` bytes before memory that cannot be read or written; what was there before is
 * lost. What comes before them is full of 0xff. */
void *at_edge(size_t size);

/* A record as the kernel writes it, with a payload of random bytes. */
void fill_record(uint8_t *record, uint32_t domain, uint32_t type);
/* One that the library may know, or any. */
void random_record(uint8_t *record);

/* Under valgrind(1) what takes long is left out. */
extern bool is_slow;

void test_arguments(void);
void test_decode(void);
void test_fserror(void);
void test_names(void);
void test_policy(void);
void test_text(void);
void test_answers(void);
void test_planner(void);

#endif
