// SPDX-License-Identifier: GPL-2.0
/* Windows of repro: refs as ranges and back, descriptions, and the marks of pages. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "repro/actor.h"
#include "repro/window.h"

static struct window a, b;

static void set(struct window *window, const u32 *refs, u32 nr)
{
	memset(window, 0, sizeof(*window));
	memcpy(window->ref, refs, nr * sizeof(*refs));
	window->nr = nr;
}

static void assert_ranges(const u32 *refs, u32 nr, const char *expected)
{
	char text[256];

	set(&a, refs, nr);
	assert_int_equal(window__ranges(&a, 0, text, sizeof(text)), nr);
	assert_string_equal(text, expected);
	memset(&b, 0, sizeof(b));
	assert_int_equal(window__append(&b, text, 5, nr), 0);
	assert_int_equal(b.nr, nr);
	assert_memory_equal(a.ref, b.ref, nr * sizeof(*refs));
}

#define RANGES(expected, ...)                                    \
	do {                                                     \
		static const u32 refs[] = {__VA_ARGS__};         \
		assert_ranges(refs, ARRAY_SIZE(refs), expected); \
	} while (0)

static void test_ranges(void **state)
{
	RANGES("80", 80);
	RANGES("8-10", 8, 9, 10);
	RANGES("10-8", 10, 9, 8);
	RANGES("8-9,7-6,40", 8, 9, 7, 6, 40);
	RANGES("3,3,3", 3, 3, 3);
	RANGES("1-0,5", 1, 0, 5);
	RANGES("4294967294-4294967295,0", 4294967294U, 4294967295U, 0);
	RANGES("0,4294967295", 0, 4294967295U);
}

/* Refs in any order, sent in pieces of any size. */
static void test_pieces(void **state)
{
	char text[40];
	u32 i, next;

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	for (a.nr = 0; a.nr < 8100; a.nr++)
		a.ref[a.nr] = a.nr % 7 ? a.nr ^ 3 : 30000 - a.nr;
	for (i = 0; i < a.nr; i = next) {
		next = window__ranges(&a, i, text, sizeof(text));
		assert_true(next > i && strlen(text) < sizeof(text));
		assert_int_equal(window__append(&b, text, 5, a.nr), 0);
		assert_int_equal(b.nr, next);
	}
	assert_memory_equal(a.ref, b.ref, a.nr * sizeof(a.ref[0]));
}

static void test_hostile(void **state)
{
	static const char *const bad[] = {
		"",
		"-",
		",",
		"1,",
		",1",
		"1-",
		"-1",
		"1--2",
		"1-2-3",
		" 1",
		"1 ",
		"+1",
		"0x8",
		"1,,2",
		"1;2",
		"1-2\n",
		"4294967296",
		"0-10",
		"10-0",
		"0-4294967295",
		"4294967295-0",
		"1,2,3,4,5,6,7,8,9,10,11",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		memset(&b, 0, sizeof(b));
		assert_int_equal(window__append(&b, bad[i], 5, 10), -EINVAL);
		assert_true(b.nr <= 10);
	}
	/* More refs than a window can have, with any total. */
	memset(&b, 0, sizeof(b));
	assert_int_equal(window__append(&b, "0-65535", 5, UINT32_MAX), 0);
	assert_int_equal(window__append(&b, "7", 5, UINT32_MAX), -EINVAL);
	assert_int_equal(b.nr, WINDOW_MAX);
	memset(&a, 0, sizeof(a));
	assert_int_equal(window__join(&b, &a), 0);
	a.nr = 1;
	assert_int_equal(window__join(&b, &a), -ENOSPC);
	assert_int_equal(window__join(&a, &b), -ENOSPC);
}

static void test_describe(void **state)
{
	static const u32 one[] = {80}, run[] = {8, 9, 10, 11};
	char text[96];
	u32 i;

	set(&a, one, 1);
	window__describe(&a, text, sizeof(text));
	assert_string_equal(text, "ref 80 (0x50)");
	set(&a, run, 4);
	window__describe(&a, text, sizeof(text));
	assert_string_equal(text, "refs 8-11 (0x8-0xb)");
	set(&a, run, 0);
	window__describe(&a, text, sizeof(text));
	assert_string_equal(text, "");
	for (i = 0; i < 100; i++)
		a.ref[i] = 2 * i;
	a.nr = 100;
	window__describe(&a, text, 64);
	assert_string_equal(text, "refs 0,2,4,6,8,10,12,14,16,18,20,22,24,26 and 86 more");
}

static void test_pages(void **state)
{
	static const u32 refs[] = {8, 9};
	char page[REPRO_PAGE_SIZE];

	set(&a, refs, 2);
	a.nonce = 77;
	a.serial[0] = a.serial[1] = 3;
	window__fill(&a, 1, page);
	assert_int_equal(window__examine(&a, 1, page), PAGE_OURS);
	assert_int_equal(window__examine(&a, 0, page), PAGE_REGRANTED);
	a.serial[1] = 4;
	assert_int_equal(window__examine(&a, 1, page), PAGE_REGRANTED);
	a.nonce = 78;
	assert_int_equal(window__examine(&a, 1, page), PAGE_OTHER_RUN);
	a.nonce = 77;
	a.serial[1] = 3;
	page[REPRO_PAGE_SIZE - 1] ^= 1;
	assert_int_not_equal(window__examine(&a, 1, page), PAGE_OURS);
	memset(page, 0, sizeof(page));
	assert_int_equal(window__examine(&a, 1, page), PAGE_ZERO);
	page[4000] = 1;
	assert_int_equal(window__examine(&a, 1, page), PAGE_FOREIGN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ranges),	cmocka_unit_test(test_pieces),
		cmocka_unit_test(test_hostile), cmocka_unit_test(test_describe),
		cmocka_unit_test(test_pages),
	};

	return cmocka_run_group_tests_name("repro-window", tests, NULL, NULL);
}
