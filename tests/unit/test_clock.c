// SPDX-License-Identifier: GPL-2.0
/*
 * Conversion of CLOCK_MONOTONIC into Xen system time. The true time lies within the clock error
 * bound, whatever the clock does between two samples.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "clock/clock.h"
#include "model/span.h"

#define BASE (5000 * NSEC_PER_SEC)

/* Xen system time at @mono: a rate error of @ppm, and a step of @step ns at @step_at. */
static u64 truth(u64 mono, s64 ppm, u64 step_at, u64 step)
{
	return BASE + mono + (u64)((s64)(mono / 1000) * ppm / 1000) + (mono >= step_at ? step : 0);
}

static void sample(struct clock *clock, u64 mono, u64 system, u64 half)
{
	struct rec_clock rec = {.h.type = REC_CLOCK,
				.mono = mono,
				.tsc0 = system - half,
				.tsc1 = system + half,
				.mul = 1u << 31,
				.shift = 1};

	clock__add(clock, &rec);
}

static void assert_within(struct clock *clock, u64 mono, u64 want)
{
	struct moment at = clock__at(clock, mono);
	u64 off = at.ns > want ? at.ns - want : want - at.ns;

	assert_true(off <= at.err);
}

static void test_drift(void **state)
{
	struct clock clock;
	u64 i;

	clock__init(&clock);
	for (i = 1; i <= 20; i++)
		sample(&clock, i * NSEC_PER_SEC, truth(i * NSEC_PER_SEC, 300, UINT64_MAX, 0), 1000);
	for (i = NSEC_PER_SEC / 2; i < 22 * NSEC_PER_SEC; i += 77777777)
		assert_within(&clock, i, truth(i, 300, UINT64_MAX, 0));
	assert_int_equal(clock.steps, 0);
	assert_true(clock__at(&clock, 10 * NSEC_PER_SEC + 1).err < 100000);
}

static void test_step(void **state)
{
	const u64 when = 10 * NSEC_PER_SEC + 300 * NSEC_PER_MSEC, step = 3 * NSEC_PER_MSEC;
	struct clock clock;
	u64 i;

	clock__init(&clock);
	for (i = 1; i <= 12; i++)
		sample(&clock, i * NSEC_PER_SEC, truth(i * NSEC_PER_SEC, 0, when, step), 1000);
	assert_int_equal(clock.steps, 1);
	for (i = 9 * NSEC_PER_SEC; i < 12 * NSEC_PER_SEC; i += 7777777)
		assert_within(&clock, i, truth(i, 0, when, step));
}

static void test_rate_change(void **state)
{
	struct clock clock;
	u64 i, s = BASE;

	clock__init(&clock);
	for (i = 1; i <= 12; i++) {
		s += NSEC_PER_SEC + (i > 6 ? 400000 : 0);
		sample(&clock, i * NSEC_PER_SEC, s, 1000);
	}
	assert_within(&clock, 6 * NSEC_PER_SEC + NSEC_PER_SEC / 2,
		      BASE + 6500 * NSEC_PER_MSEC + 200000);
}

/*
 * Xen system time goes on during a suspend, and CLOCK_MONOTONIC does not. The bound is wide in this
 * segment and in no other.
 */
static void test_suspend(void **state)
{
	const u64 asleep = 3600 * NSEC_PER_SEC, when = 10 * NSEC_PER_SEC + 400 * NSEC_PER_MSEC;
	struct clock clock;
	u64 i;

	clock__init(&clock);
	for (i = 1; i <= 20; i++) {
		sample(&clock, i * NSEC_PER_SEC, truth(i * NSEC_PER_SEC, 0, when, asleep), 1000);
		if (i == 11) {
			assert_within(&clock, when - 1, truth(when - 1, 0, when, asleep));
			assert_within(&clock, when + 1, truth(when + 1, 0, when, asleep));
		}
	}
	assert_int_equal(clock.steps, 1);
	assert_within(&clock, 15 * NSEC_PER_SEC, truth(15 * NSEC_PER_SEC, 0, when, asleep));
	assert_true(clock__at(&clock, 15 * NSEC_PER_SEC).err < NSEC_PER_MSEC);
}

/*
 * A guest marks its TSC as unstable and changes to Xen's clock source. CLOCK_MONOTONIC gets another
 * rate, and the accumulated difference appears as a step. A recorder takes a sample before it
 * writes events, so one sample after each event is known.
 */
static void test_clocksource_change(void **state)
{
	const u64 when = 6 * NSEC_PER_SEC + 340 * NSEC_PER_MSEC, jump = 2 * NSEC_PER_MSEC;
	const u64 step = 100 * NSEC_PER_MSEC;
	struct clock clock;
	u64 i, mono;

	clock__init(&clock);
	for (i = 1; i <= 120; i++) {
		sample(&clock, i * step,
		       truth(min(i * step, when), 400, UINT64_MAX, 0) +
			       (i * step > when ? i * step - when + jump : 0),
		       1000);
		for (mono = (i - 1) * step; mono < i * step; mono += 7 * NSEC_PER_MSEC)
			assert_within(&clock, mono,
				      truth(min(mono, when), 400, UINT64_MAX, 0) +
					      (mono > when ? mono - when + jump : 0));
	}
	assert_int_equal(clock.steps, 1);
	/* The bound is as narrow again as before the change. */
	assert_true(clock__at(&clock, 11 * NSEC_PER_SEC + 950 * NSEC_PER_MSEC).err < 100000);
}

/* The TSCs of two pCPUs differ by 10 ms. Events come from both, and most samples from one. */
static void test_disagreement(void **state)
{
	struct clock clock;
	u64 i;

	clock__init(&clock);
	for (i = 1; i <= 12; i++) {
		u64 mono = i * 100 * NSEC_PER_MSEC;

		sample(&clock, mono,
		       truth(mono, 0, UINT64_MAX, 0) + (i == 4 ? 10 * NSEC_PER_MSEC : 0), 1000);
	}
	/*
	 * Seven samples later no two neighbouring samples differ, and the bound still covers 10 ms.
	 */
	i = 1150 * NSEC_PER_MSEC;
	assert_within(&clock, i, truth(i, 0, UINT64_MAX, 0) + 10 * NSEC_PER_MSEC);
	/* The bound narrows after many seconds without a difference. */
	for (i = 13; i <= 400; i++)
		sample(&clock, i * 100 * NSEC_PER_MSEC,
		       truth(i * 100 * NSEC_PER_MSEC, 0, UINT64_MAX, 0), 1000);
	assert_true(clock__at(&clock, 39950 * NSEC_PER_MSEC).err < 100000);
}

static void test_backwards(void **state)
{
	struct clock clock;

	clock__init(&clock);
	sample(&clock, NSEC_PER_SEC, BASE, 1000);
	sample(&clock, NSEC_PER_SEC / 2, BASE, 1000);
	assert_int_equal(clock.nr, 1);
	assert_int_equal(clock__at(&clock, 0).err == CLOCK_ERR_UNKNOWN, 0);
}

/* A packed span is never narrower than the original. */
static void test_span(void **state)
{
	u64 dt, err;

	for (dt = 0; dt < 1ull << 40; dt = dt * 3 / 2 + 1) {
		for (err = 0; err < 1ull << 40; err = err * 3 / 2 + 1) {
			struct when when = {
				.in = BASE, .out = BASE + dt, .off = -12345678901, .err = err};
			struct span span = span__from(&when, false);
			struct span unseen = span__from(&when, true);

			assert_true(span__in(&span) <= when.in);
			assert_true(span__has_in(&span));
			assert_false(span__has_in(&unseen));
			assert_int_equal(span__in(&unseen), 0);
			assert_true(span__err(&span) >= err);
			assert_true(span__system(&span) - (when.out - 12345678901) + 256 <= 512);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_drift),	     cmocka_unit_test(test_step),
		cmocka_unit_test(test_rate_change),  cmocka_unit_test(test_backwards),
		cmocka_unit_test(test_suspend),	     cmocka_unit_test(test_clocksource_change),
		cmocka_unit_test(test_disagreement), cmocka_unit_test(test_span),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
