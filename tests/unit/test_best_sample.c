// SPDX-License-Identifier: GPL-2.0
/* Choice of the best clock sample, and repetition after an interrupted one. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "record/best_sample.h"

struct script {
	const u64 *width; /* TSC ticks of each sample in turn, 0 torn; the last one repeats */
	u32 nr, taken;
};

static int take(void *arg, struct rec_clock *rec)
{
	struct script *script = arg;
	u64 width = script->width[min(script->taken, script->nr - 1)];

	script->taken++;
	rec->tsc0 = 1000;
	rec->tsc1 = 1000 + width;
	return width ? 0 : -EAGAIN;
}

static void the_narrowest_sample_is_taken(void **state)
{
	static const u64 widths[] = {90, 0, 70, 200, 80};
	struct script script = {widths, ARRAY_SIZE(widths), 0};
	struct best_sample best = {0};
	struct rec_clock rec;

	assert_int_equal(best_sample__take(&best, take, &script, &rec), 0);
	assert_int_equal(rec.tsc1 - rec.tsc0, 70);
	assert_int_equal(rec.h.type, REC_CLOCK);
	assert_int_equal(script.taken, 8);
}

static void interrupted_samples_are_repeated(void **state)
{
	static const u64 quiet[] = {70};
	static const u64 busy[] = {9000, 9000, 9000, 9000, 9000, 9000, 9000,
				   9000, 9000, 9000, 9000, 9000, 90,   9000};
	static const u64 busier[] = {9000};
	struct script script = {quiet, 1, 0};
	struct best_sample best = {0};
	struct rec_clock rec;

	assert_int_equal(best_sample__take(&best, take, &script, &rec), 0);
	script = (struct script){busy, ARRAY_SIZE(busy), 0};
	assert_int_equal(best_sample__take(&best, take, &script, &rec), 0);
	assert_int_equal(rec.tsc1 - rec.tsc0, 90);
	assert_int_equal(script.taken, 13);
	/* The search ends after a bounded number of samples, with the best of them. */
	script = (struct script){busier, 1, 0};
	assert_int_equal(best_sample__take(&best, take, &script, &rec), 0);
	assert_int_equal(rec.tsc1 - rec.tsc0, 9000);
	assert_int_equal(script.taken, 64);
	assert_int_equal(best.narrowest, 70);
}

static void torn_samples_are_not_used(void **state)
{
	static const u64 torn[] = {0};
	struct script script = {torn, 1, 0};
	struct best_sample best = {0};
	struct rec_clock rec;

	assert_int_equal(best_sample__take(&best, take, &script, &rec), -EAGAIN);
	assert_int_equal(script.taken, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_narrowest_sample_is_taken),
		cmocka_unit_test(interrupted_samples_are_repeated),
		cmocka_unit_test(torn_samples_are_not_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
