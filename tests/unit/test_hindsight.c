// SPDX-License-Identifier: GPL-2.0
/* record --flight: which events are dropped, which are kept, and how the capture reports it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/stream.h"
#include "record/hindsight.h"

struct session {
	int fd;
	struct capture_writer *writer;
	struct recorder *recorder;
	struct hindsight hindsight;
};

struct event {
	struct gw_event e;
	struct gw_op_ref op;
};

#define ROOM (sizeof(struct event) + 8) /* bytes of one event in the ring */

static int open_session(void **state)
{
	struct session *s = calloc(1, sizeof(*s));

	s->fd = memfd_create("capture", 0);
	s->writer = capture_writer__new(s->fd);
	s->recorder = recorder__new(s->writer);
	hindsight__rest(&s->hindsight, 50);
	*state = s;
	return 0;
}

static int close_session(void **state)
{
	struct session *s = *state;

	recorder__free(s->recorder);
	capture_writer__free(s->writer);
	close(s->fd);
	free(s);
	return 0;
}

static struct event make_event(u64 t)
{
	return (struct event){.e = {.type = GW_EV_FREE,
				    .nr = 1,
				    .total = 1,
				    .t_in = t,
				    .t_out = t,
				    .comm = "test"},
			      .op = {.ref = (u32)t}};
}

/* Adds an event as the ring's callback does. Returns 0 or -EAGAIN. */
static int give(struct session *s, u64 t)
{
	struct event event = make_event(t);

	return hindsight__pass(&s->hindsight, s->recorder, &event, sizeof(event));
}

/*
 * Reads the capture after a collection: the loss, the number of clock samples, the events' times.
 * Returns the number of events.
 */
static u32 collect(struct session *s, struct rec_loss *loss, u32 *samples, u64 *times)
{
	struct capture_stream stream;
	enum stream_status status;
	const struct rec *rec;
	u32 nr = 0;

	*samples = 0;
	*loss = (struct rec_loss){};
	assert_int_equal(hindsight__wake(&s->hindsight, s->writer, s->recorder), 0);
	assert_int_equal(recorder__write_all(s->recorder), 0);
	assert_int_equal(capture_writer__flush(s->writer, 1000), 0);
	lseek(s->fd, 0, SEEK_SET);
	assert_int_equal(capture_stream__init(&stream, s->fd), 0);
	while ((status = capture_stream__next_blocking(&stream, &rec)) != STREAM_EOF) {
		assert_int_not_equal(status, STREAM_BAD);
		if (status != STREAM_REC)
			continue;
		if (rec->type == REC_LOSS)
			*loss = *(const struct rec_loss *)rec;
		*samples += rec->type == REC_CLOCK;
		if (rec->type == REC_FREE)
			times[nr++] = ((const struct rec_event *)rec)->t_out;
	}
	capture_stream__cleanup(&stream);
	return nr;
}

static void test_old_events_are_dropped(void **state)
{
	struct session *s = *state;
	struct rec_loss loss;
	u64 times[8];
	u32 samples;

	assert_true(hindsight__forget(&s->hindsight, s->recorder, 300, 0));
	assert_int_equal(give(s, 100), 0);
	assert_int_equal(give(s, 299), 0);
	assert_int_equal(give(s, 300), -EAGAIN);
	/*
	 * The consumer has to take an event to read its time. It keeps the event until it is too
	 * old.
	 */
	assert_false(hindsight__forget(&s->hindsight, s->recorder, 300, 0));
	assert_int_equal(collect(s, &loss, &samples, times), 1);
	assert_int_equal(times[0], 300);
	assert_int_equal(loss.kind, LOSS_PASSED);
	assert_int_equal(loss.count, 2);
	assert_int_equal(loss.since, 50);
	assert_int_equal(loss.until, 299);
	assert_int_equal(loss.events, 0);
}

static void test_a_kept_event_grows_too_old(void **state)
{
	struct session *s = *state;
	struct rec_loss loss;
	u64 times[8];
	u32 samples;

	hindsight__forget(&s->hindsight, s->recorder, 100, 0);
	assert_int_equal(give(s, 200), -EAGAIN);
	assert_true(hindsight__forget(&s->hindsight, s->recorder, 201, 0));
	assert_int_equal(give(s, 250), -EAGAIN);
	assert_int_equal(collect(s, &loss, &samples, times), 1);
	assert_int_equal(times[0], 250);
	assert_int_equal(loss.count, 1);
	assert_int_equal(loss.until, 200);
}

/* A full ring drops its oldest events, even if they are not too old. */
static void test_full_ring(void **state)
{
	struct session *s = *state;
	struct rec_loss loss;
	u64 times[8];
	u32 samples;

	assert_true(hindsight__forget(&s->hindsight, s->recorder, 0, 2 * ROOM));
	assert_int_equal(give(s, 500), 0);
	assert_int_equal(give(s, 501), 0);
	assert_int_equal(give(s, 502), -EAGAIN);
	/* The kept event counts at the next call. */
	assert_true(hindsight__forget(&s->hindsight, s->recorder, 0, 2 * ROOM));
	assert_int_equal(give(s, 503), 0);
	assert_int_equal(give(s, 504), -EAGAIN);
	assert_int_equal(collect(s, &loss, &samples, times), 1);
	assert_int_equal(times[0], 504);
	assert_int_equal(loss.count, 4);
	assert_int_equal(loss.until, 503);
}

static void test_no_drops_no_loss(void **state)
{
	struct session *s = *state;
	struct rec_loss loss;
	u64 times[8];
	u32 samples;

	hindsight__forget(&s->hindsight, s->recorder, 100, 0);
	assert_int_equal(give(s, 100), -EAGAIN);
	assert_int_equal(collect(s, &loss, &samples, times), 1);
	assert_int_equal(loss.h.type, 0);
	assert_false(s->hindsight.resting);
	/* A second period starts without the results of the first. */
	hindsight__rest(&s->hindsight, 1000);
	assert_true(s->hindsight.resting);
	assert_int_equal(s->hindsight.passed_since, 1000);
	assert_true(hindsight__forget(&s->hindsight, s->recorder, 0, 0));
}

static void test_samples(void **state)
{
	struct session *s = *state;
	struct rec_clock clock = {.h.type = REC_CLOCK};
	struct rec_loss loss;
	u64 times[8];
	u32 samples;

	for (clock.mono = 1; clock.mono <= HINDSIGHT_SAMPLES + 3; clock.mono++)
		hindsight__keep_sample(&s->hindsight, &clock);
	assert_int_equal(s->hindsight.sample[0].mono, 4);
	collect(s, &loss, &samples, times);
	assert_int_equal(samples, HINDSIGHT_SAMPLES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_old_events_are_dropped, open_session,
						close_session),
		cmocka_unit_test_setup_teardown(test_a_kept_event_grows_too_old, open_session,
						close_session),
		cmocka_unit_test_setup_teardown(test_full_ring, open_session, close_session),
		cmocka_unit_test_setup_teardown(test_no_drops_no_loss, open_session, close_session),
		cmocka_unit_test_setup_teardown(test_samples, open_session, close_session),
	};

	return cmocka_run_group_tests_name("hindsight", tests, NULL, NULL);
}
