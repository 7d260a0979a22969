// SPDX-License-Identifier: GPL-2.0
/* Wall-clock time: readings, steps, text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "model/wall.h"

#define S   NSEC_PER_SEC
#define DAY (86400 * S)
#define T0  (1774875188 * S) /* 2026-03-30T12:53:08 */

static void test_readings(void **state)
{
	struct wall wall = {};
	u64 i;

	assert_int_equal(wall__at(&wall, 5 * S), 0);
	for (i = 1; i <= 1000; i++)
		wall__add(&wall, i * S, T0 + i * S + i % 7 * 1000);
	/* An inexact reading is not a new point. */
	assert_int_equal(wall.nr, 1);
	assert_int_equal(wall.step, 0);
	assert_in_range(wall__at(&wall, 500 * S), T0 + 500 * S, T0 + 500 * S + NSEC_PER_MSEC);
	assert_in_range(wall__at(&wall, 0), T0, T0 + NSEC_PER_MSEC);
}

static void test_step(void **state)
{
	struct wall wall = {};

	wall__add(&wall, 10 * S, T0 + 10 * S);
	wall__add(&wall, 11 * S, T0 + 11 * S);
	wall__add(&wall, 12 * S, T0 + 12 * S - 3600 * S);
	wall__add(&wall, 13 * S, T0 + 13 * S - 3600 * S + 2 * S);
	assert_int_equal(wall__at(&wall, 11 * S + 1), T0 + 11 * S + 1);
	assert_int_equal(wall__at(&wall, 12 * S), T0 + 12 * S - 3600 * S);
	/* The largest step is reported. */
	assert_true(wall.step == -3600 * (s64)S);
	assert_int_equal(wall.step_from, 11 * S);
	assert_int_equal(wall.step_to, 12 * S);
}

/* The clock is set back and forth. The range covers all values in between. */
static void test_range(void **state)
{
	struct wall wall = {};
	u64 earliest, latest;

	assert_false(wall__range(&wall, S, 2 * S, &earliest, &latest));
	wall__add(&wall, 10 * S, T0 + 10 * S);
	wall__add(&wall, 12 * S, T0 + 12 * S - 3600 * S);
	wall__add(&wall, 14 * S, T0 + 14 * S);
	assert_true(wall__range(&wall, 10 * S, 20 * S, &earliest, &latest));
	assert_int_equal(earliest, T0 + 12 * S - 3600 * S);
	assert_int_equal(latest, T0 + 20 * S);
	assert_true(wall__range(&wall, 10 * S, 13 * S, &earliest, &latest));
	assert_int_equal(earliest, T0 + 12 * S - 3600 * S);
	assert_int_equal(latest, T0 + 12 * S - 1);
	assert_true(wall__range(&wall, 15 * S, 16 * S, &earliest, &latest));
	assert_int_equal(earliest, T0 + 15 * S);
	assert_int_equal(latest, T0 + 16 * S);
}

/* A step of half a second is applied, but not reported. */
static void test_small_step(void **state)
{
	struct wall wall = {};

	wall__add(&wall, 10 * S, T0);
	wall__add(&wall, 11 * S, T0 + S + S / 2);
	assert_int_equal(wall__at(&wall, 11 * S), T0 + S + S / 2);
	assert_int_equal(wall.step, 0);
}

static void test_invalid_readings(void **state)
{
	struct wall wall = {};

	wall__add(&wall, 10 * S, 0);
	wall__add(&wall, 10 * S, UINT64_MAX);
	wall__add(&wall, UINT64_MAX, T0);
	assert_int_equal(wall.nr, 0);
	wall__add(&wall, 10 * S, T0);
	wall__add(&wall, 9 * S, 2 * T0);
	wall__add(&wall, 10 * S, 2 * T0);
	assert_int_equal(wall.nr, 1);
	assert_int_equal(wall__at(&wall, UINT64_MAX), 0);
	/* Times before 1970 are invalid. */
	wall__add(&wall, 100 * DAY, 1);
	assert_int_equal(wall__at(&wall, 100 * DAY), 1);
	assert_int_equal(wall__at(&wall, WALL_AT_MAX), WALL_AT_MAX - 100 * DAY + 1);
	assert_int_equal(wall__at(&wall, WALL_AT_MAX + 1), 0);
}

/* Readings with the largest possible distance. */
static void test_extremes(void **state)
{
	struct wall wall = {};
	u64 earliest, latest;

	wall__add(&wall, 1, WALL_MAX);
	wall__add(&wall, WALL_AT_MAX, 1);
	wall__add(&wall, WALL_AT_MAX + 1, WALL_MAX);
	assert_int_equal(wall.nr, 2);
	assert_true(wall.step == -(s64)(WALL_MAX - 1 + WALL_AT_MAX - 1));
	assert_int_equal(wall__at(&wall, 1), WALL_MAX);
	/* The first reading puts this time after the year 2200. */
	assert_int_equal(wall__at(&wall, 2), 0);
	assert_true(wall__range(&wall, 1, WALL_AT_MAX, &earliest, &latest));
	assert_int_equal(earliest, 1);
	assert_int_equal(latest, WALL_MAX);
}

/* A clock that is set all the time takes bounded memory, and is followed roughly. */
static void test_bounded(void **state)
{
	struct wall wall = {};
	u64 i;

	for (i = 1; i <= 100000; i++)
		wall__add(&wall, i * S, T0 + i * S + i * 2 * NSEC_PER_MSEC);
	assert_true(wall.nr <= WALL_POINTS);
	assert_in_range(wall__at(&wall, 50000 * S), T0 + 50000 * S + 90 * S,
			T0 + 50000 * S + 110 * S);
}

static void test_text(void **state)
{
	char buf[WALL_TEXT];

	assert_string_equal(wall__text(T0 + 123456789, buf, sizeof(buf)),
			    "2026-03-30T12:53:08.123+00:00");
	assert_string_equal(wall__text(0, buf, sizeof(buf)), "");
	assert_string_equal(wall__text(UINT64_MAX, buf, sizeof(buf)), "");
	assert_string_equal(wall__text(WALL_MAX, buf, sizeof(buf)),
			    "2200-01-01T00:00:00.000+00:00");
}

static void test_parse(void **state)
{
	static const char *const good[] = {
		"2026-03-30T12:53:08",	     "2026-03-30 12:53:08",
		"2026-03-30T12:53:08Z",	     "2026-03-30T12:53:08+00:00",
		"2026-03-30T14:53:08+02:00", "2026-03-30T07:23:08-05:30"};
	static const char *const bad[] = {"",
					  "2026-03-30",
					  "2026-03-30T",
					  "2026-13-30T12:53:08",
					  "2026-03-30T12:53",
					  "2026-03-30T12:53:08 CET",
					  "2026-03-30T12:53:08+2",
					  "2026-03-30T12:53:08+02:00x",
					  "2026-03-30T12:53:08+99:00",
					  "1950-03-30T12:53:08",
					  "2300-03-30T12:53:08"};
	u64 real;
	u32 i;

	for (i = 0; i < ARRAY_SIZE(good); i++) {
		assert_true(wall__parse(good[i], &real));
		assert_int_equal(real, T0);
	}
	assert_true(wall__parse("2026-03-30T12:53:08.12+00:00", &real));
	assert_int_equal(real, T0 + 120 * NSEC_PER_MSEC);
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		assert_false(wall__parse(bad[i], &real));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readings),
		cmocka_unit_test(test_step),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_small_step),
		cmocka_unit_test(test_invalid_readings),
		cmocka_unit_test(test_extremes),
		cmocka_unit_test(test_bounded),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_parse),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
