// SPDX-License-Identifier: GPL-2.0
/* When watch goes on without a source that falls behind (watch_stall.c), and its rate limit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "ledger/ledger_internal.h"
#include "watch/watch.h"

static void assert_complaint(const struct feed *feed, const char *want)
{
	char text[160];
	const char *got = feed__complaint(feed, text, sizeof(text));

	assert_non_null(got);
	if (!strstr(got, want))
		fail_msg("complaint '%s' lacks '%s'", got, want);
}

struct live {
	struct watch_config cfg;
	struct watch watch;
};

/* The watch looks for data now, and judges. */
static void live__look(struct live *l)
{
	l->watch.polled = now_mono();
	watch__check_stalls(&l->watch);
}

/*
 * The local recorder, whose clock is the host's, and a guest. The local recorder has events, which
 * wait for the guest's.
 */
static struct live *live__new(void)
{
	struct live *l = calloc(1, sizeof(*l));
	u64 now = now_mono();
	struct rec_clock sample = {.mono = now,
				   .tsc0 = 1,
				   .tsc1 = 1,
				   .tsc_timestamp = 1,
				   .system_time = 1000 * NSEC_PER_SEC};
	u32 i;

	l->cfg.rate = 64;
	l->watch = (struct watch){.cfg = &l->cfg, .nr = 2, .pipeline = pipeline__new(true)};
	for (i = 0; i < 2; i++) {
		struct source *source = &l->watch.source[i];

		source->started = source->last_heard = now;
		assert_int_equal(pipeline__add_source(l->watch.pipeline, memfd_create("capture", 0),
						      i ? "guest" : "local", i ? 5 : DOMID_UNKNOWN,
						      NULL),
				 0);
		l->watch.pipeline->feeds[i]->stream.blocks = 1;
		clock__add(&l->watch.pipeline->merge.input[i]->clock, &sample);
		l->watch.pipeline->merge.input[i]->floor = 1000 * NSEC_PER_SEC;
	}
	l->watch.pipeline->merge.started = true;
	l->watch.pipeline->merge.input[0]->have_head = true;
	l->watch.pipeline->merge.input[0]->floor = 2000 * NSEC_PER_SEC;
	live__look(l);
	return l;
}

static void live__free(struct live *l)
{
	pipeline__free(l->watch.pipeline);
	free(l);
}

static struct feed *guest_of(struct live *l)
{
	return l->watch.pipeline->feeds[1];
}

static u64 *floor_of(struct live *l)
{
	return &l->watch.pipeline->merge.input[1]->floor;
}

/*
 * Half a second passes, in @idle ns of which the watch had nothing to read. The guest sends events
 * and a mark, and its time advances by @progress.
 */
static void live__pass_busy(struct live *l, u64 progress, u64 idle)
{
	l->watch.idle = idle;
	l->watch.checked -= NSEC_PER_SEC / 2;
	l->watch.source[0].last_heard = l->watch.source[1].last_heard = now_mono();
	l->watch.pipeline->merge.input[0]->clock.sample[0].system += NSEC_PER_SEC / 2;
	*floor_of(l) += progress;
	l->watch.pipeline->ledger->marks[1] = *floor_of(l);
	live__look(l);
}

/* The same with a watch that had nothing to do. */
static void live__pass(struct live *l, u64 progress)
{
	live__pass_busy(l, progress, NSEC_PER_SEC / 2);
}

static void test_a_source_in_the_future_is_stalled(void **state)
{
	struct live *l = live__new();

	assert_false(guest_of(l)->stalled);
	*floor_of(l) += 3600 * NSEC_PER_SEC;
	l->watch.pipeline->merge.input[1]->have_head = true;
	live__look(l);
	assert_true(guest_of(l)->stalled);
	assert_complaint(guest_of(l), "empty: no capture"); /* the memfd is empty */
	assert_int_equal(guest_of(l)->has_stalled, FEED_AHEAD);
	assert_false(l->watch.pipeline->feeds[0]->stalled);
	/* The stall ends when the host's clock has reached the guest's. */
	*floor_of(l) = 1001 * NSEC_PER_SEC;
	live__look(l);
	assert_false(guest_of(l)->stalled);
	live__free(l);
}

/* An attaching recorder sends nothing for up to two minutes. */
static void test_attaching_is_no_stall(void **state)
{
	struct live *l = live__new();
	struct source *source = &l->watch.source[1];
	u64 now = now_mono();

	guest_of(l)->attaching = true;
	source->started = now - 60 * NSEC_PER_SEC;
	source->last_heard = now - 50 * NSEC_PER_SEC;
	live__look(l);
	assert_false(guest_of(l)->stalled);
	source->started = now - 121 * NSEC_PER_SEC;
	live__look(l);
	assert_true(guest_of(l)->stalled);
	assert_int_equal(guest_of(l)->has_stalled, FEED_SILENT);
	/* The recorder has attached. */
	guest_of(l)->attaching = false;
	source->last_heard = now_mono() + 1;
	live__look(l);
	assert_false(guest_of(l)->stalled);
	source->last_heard = now - 6 * NSEC_PER_SEC;
	live__look(l);
	assert_true(guest_of(l)->stalled);
	live__free(l);
}

/* The local recorder has attached and is held until the guest's has. */
static void test_a_held_recorder_is_not_stalled(void **state)
{
	struct live *l = live__new();
	struct feed *local = l->watch.pipeline->feeds[0];

	local->attaching = true;
	l->watch.pipeline->merge.input[0]->have_head = false;
	l->watch.source[0].started = l->watch.source[0].last_heard =
		now_mono() - 200 * NSEC_PER_SEC;
	live__look(l);
	assert_false(local->stalled);
	/* After the start of recording, silence is a stall. */
	l->watch.begun = true;
	live__look(l);
	assert_true(local->stalled);
	live__free(l);
}

static void test_a_second_ahead_is_no_stall(void **state)
{
	struct live *l = live__new();

	*floor_of(l) += NSEC_PER_SEC;
	live__look(l);
	assert_false(guest_of(l)->stalled);
	live__free(l);
}

/*
 * A source whose time stands still is stalled, whatever it sends. A source whose time goes on is
 * not.
 */
static void test_a_source_standing_still_is_stalled(void **state)
{
	struct live *l = live__new();
	u32 i;

	for (i = 0; i < 100; i++)
		live__pass(l, NSEC_PER_SEC / 2);
	assert_false(guest_of(l)->stalled);
	live__free(l);

	l = live__new();
	for (i = 0; i < 9; i++)
		live__pass(l, 1);
	assert_false(guest_of(l)->stalled);
	for (i = 0; i < 3; i++)
		live__pass(l, 1);
	assert_true(guest_of(l)->stalled);
	assert_int_equal(guest_of(l)->has_stalled, FEED_BEHIND);
	live__free(l);
}

/* A source far in the past will never catch up, even if its time goes on. */
static void test_a_source_far_behind_is_stalled(void **state)
{
	struct live *l = live__new();
	u32 i;

	*floor_of(l) = l->watch.source[1].reached = 500 * NSEC_PER_SEC;
	for (i = 0; i < 12; i++)
		live__pass(l, NSEC_PER_SEC / 2);
	assert_true(guest_of(l)->stalled);
	live__free(l);
}

/*
 * A watch that is busy with what it has read finds all sources far behind, because it has not read
 * more of them. Only a source whose time stands still is stalled.
 */
static void test_a_busy_watch_blames_no_source(void **state)
{
	struct live *l = live__new();
	u32 i;

	*floor_of(l) = l->watch.source[1].reached = 500 * NSEC_PER_SEC;
	for (i = 0; i < 100; i++)
		live__pass_busy(l, NSEC_PER_SEC / 10, NSEC_PER_SEC / 10);
	assert_false(guest_of(l)->stalled);
	for (i = 0; i < 12; i++)
		live__pass_busy(l, 0, NSEC_PER_MSEC);
	assert_true(guest_of(l)->stalled);
	assert_int_equal(guest_of(l)->has_stalled, FEED_BEHIND);
	live__free(l);
}

/* What arrives while the watch is busy for a long time is heard late, which is no silence. */
static void test_a_long_round_is_no_silence(void **state)
{
	struct live *l = live__new();
	u64 now = now_mono();

	l->watch.source[1].last_heard = now - 8 * NSEC_PER_SEC;
	l->watch.polled = now - 7 * NSEC_PER_SEC;
	watch__check_stalls(&l->watch);
	assert_false(guest_of(l)->stalled);
	/* In the next round there is still nothing. */
	live__look(l);
	assert_true(guest_of(l)->stalled);
	assert_int_equal(guest_of(l)->has_stalled, FEED_SILENT);
	live__free(l);
}

/* The same for Xen's trace. */
static void test_a_long_round_is_no_silence_of_the_trace(void **state)
{
	struct live *l = live__new();
	struct trace trace = {.fd = -1};
	u64 now = now_mono();

	l->watch.trace = &trace;
	l->watch.trace_heard = now - 8 * NSEC_PER_SEC;
	l->watch.polled = now - 7 * NSEC_PER_SEC;
	watch__check_stalls(&l->watch);
	assert_false(trace.given_up);
	live__look(l);
	assert_true(trace.given_up);
	l->watch.trace = NULL;
	live__free(l);
}

static void test_the_third_stall_is_long(void **state)
{
	struct live *l = live__new();
	u32 i, times;

	for (times = 0; times < 3; times++) {
		assert_false(guest_of(l)->stalled);
		for (i = 0; i < 12; i++)
			live__pass(l, 1);
		assert_true(guest_of(l)->stalled);
		/* The source has caught up. */
		*floor_of(l) = l->watch.pipeline->merge.input[0]->clock.sample[0].system;
		live__pass(l, NSEC_PER_SEC / 2);
	}
	assert_true(guest_of(l)->stalled);
	/* The third stall ends after ten minutes. */
	l->watch.source[1].stalled_at -= 601 * NSEC_PER_SEC;
	live__pass(l, NSEC_PER_SEC / 2);
	assert_false(guest_of(l)->stalled);
	live__free(l);
}

static void test_events_without_marks_are_a_stall(void **state)
{
	struct live *l = live__new();

	l->watch.pipeline->ledger->marks[1] = 1000 * NSEC_PER_SEC;
	l->watch.pipeline->merge.input[1]->have_head = true;
	/* The host's clock goes on as well. */
	l->watch.pipeline->merge.input[0]->clock.sample[0].system += 6 * NSEC_PER_SEC;
	*floor_of(l) += 4 * NSEC_PER_SEC;
	live__look(l);
	assert_false(guest_of(l)->stalled);
	*floor_of(l) += 2 * NSEC_PER_SEC;
	live__look(l);
	assert_true(guest_of(l)->stalled);
	assert_int_equal(guest_of(l)->has_stalled, FEED_BEHIND);
	live__free(l);
}

static void test_a_source_over_its_rate_limit_waits(void **state)
{
	struct live *l = live__new();
	const u32 local = 0, guest = 1;
	size_t n, all = 0;

	while ((n = watch__rate_limit(&l->watch, guest))) {
		assert_true(n <= 256 * 1024);
		watch__charge(&l->watch, guest, n);
		all += n;
	}
	assert_in_range(all, 64 * 1024 * 3, 64 * 1024 * 5);
	assert_true(watch__rate_limit(&l->watch, local) > 0);
	/* One second passes. */
	l->watch.source[guest].filled -= NSEC_PER_SEC;
	assert_in_range(watch__rate_limit(&l->watch, guest), 64 * 1024, 96 * 1024);
	live__free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_source_in_the_future_is_stalled),
		cmocka_unit_test(test_attaching_is_no_stall),
		cmocka_unit_test(test_a_held_recorder_is_not_stalled),
		cmocka_unit_test(test_a_second_ahead_is_no_stall),
		cmocka_unit_test(test_a_source_standing_still_is_stalled),
		cmocka_unit_test(test_a_source_far_behind_is_stalled),
		cmocka_unit_test(test_a_busy_watch_blames_no_source),
		cmocka_unit_test(test_a_long_round_is_no_silence),
		cmocka_unit_test(test_a_long_round_is_no_silence_of_the_trace),
		cmocka_unit_test(test_the_third_stall_is_long),
		cmocka_unit_test(test_events_without_marks_are_a_stall),
		cmocka_unit_test(test_a_source_over_its_rate_limit_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
