// SPDX-License-Identifier: GPL-2.0
/* Several captures as one feed: invalid ids, changed names, gaps. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/text.h"
#include "merge/coverage.h"
#include "sources/feed.h"

#define SECOND NSEC_PER_SEC

/* Returns a descriptor of a capture of d5 with the lines of @text. */
static int make_capture(const char *text)
{
	static const char head[] = "grantwatch-capture 1\nfact time 0 key domid value 5\n";
	char all[4096];
	int fd = memfd_create("capture", MFD_CLOEXEC);
	struct capture_writer *writer = capture_writer__new(fd);
	FILE *in;

	snprintf(all, sizeof(all), "%s%s", head, text);
	in = fmemopen(all, strlen(all), "r");
	assert_int_equal(text__pack(in, "capture", writer), 0);
	fclose(in);
	capture_writer__free(writer);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static struct feed *make_feed(const char *first, const char *second, bool seamless)
{
	struct feed *feed = feed__new(make_capture(first), "first", DOMID_UNKNOWN);
	const struct feed_break at = {10 * SECOND, 12 * SECOND, seamless};

	assert_int_equal(feed__append(feed, make_capture(second), &at), 0);
	return feed;
}

/* Returns the next event, or NULL at the end. */
static const struct rec_batch *next_event(struct feed *feed)
{
	enum feed_status status;
	const struct rec *rec;

	do {
		status = feed__next(feed, true, &rec);
	} while (status != FEED_DONE && (status != FEED_EVENT || rec->type == REC_LOG));
	return status == FEED_DONE ? NULL : (const void *)rec;
}

static const char *process_of(const struct feed *feed, const struct rec_batch *batch)
{
	return feed__process(feed, feed__task(feed, batch->e.task));
}

static void equal_descriptions_have_one_id(void **state)
{
	struct feed *feed = make_feed("task id 3 pid 7 tid 7 comm daemon\nstack id 2 frames a; b\n"
				      "disarm out 1 task 3 stack 2 file 4\n",
				      "task id 1 pid 8 tid 8 comm other\nstack id 2 frames c\n"
				      "task id 2 pid 7 tid 7 comm daemon\nstack id 1 frames a; b\n"
				      "disarm out 13 task 2 stack 1 file 1\n"
				      "disarm out 14 task 1 stack 2 file 2\n",
				      false);
	const struct rec_batch *batch = next_event(feed);
	u32 task = batch->e.task, stack = batch->e.stack;

	batch = next_event(feed);
	assert_int_equal(batch->e.task, task);
	assert_int_equal(batch->e.stack, stack);
	/* Files of another recorder get new ids. */
	assert_int_equal(batch->file, 5);
	batch = next_event(feed);
	assert_string_equal(process_of(feed, batch), "other");
	assert_string_equal(feed__stack(feed, batch->e.stack), "c");
	assert_int_equal(batch->file, 6);
	assert_null(next_event(feed));
	assert_int_equal(feed->dropped_meta, 0);
	assert_int_equal(feed->nr_gaps, 1);
	assert_int_equal(feed->unrecorded, 2 * SECOND);
	feed__free(feed);
}

static void files_of_one_recorder_keep_their_ids(void **state)
{
	struct feed *feed = make_feed("disarm out 1 file 4\n",
				      "disarm out 13 file 4\ndisarm out 14 file 9\n", true);

	assert_int_equal(next_event(feed)->file, 4);
	assert_int_equal(next_event(feed)->file, 4);
	assert_int_equal(next_event(feed)->file, 9);
	assert_null(next_event(feed));
	assert_int_equal(feed->nr_gaps, 0);
	feed__free(feed);
}

/* A process's new name does not change earlier events. */
static void a_process_is_renamed_from_then_on(void **state)
{
	struct feed *feed = make_feed(
		"task id 1 pid 7 tid 9 comm worker\nprocess id 1 comm before\nfree out 1 task 1 ref 8\n",
		"task id 1 pid 7 tid 9 comm worker\nprocess id 1 comm after\nfree out 13 task 1 ref 8\n",
		false);
	const struct rec_batch *batch = next_event(feed);
	const u32 first = batch->e.task;

	batch = next_event(feed);
	assert_string_equal(process_of(feed, batch), "after");
	assert_int_not_equal(batch->e.task, first);
	assert_string_equal(feed__process(feed, feed__task(feed, first)), "before");
	feed__free(feed);
}

static void invalid_ids_are_unknown(void **state)
{
	struct feed *feed = make_feed("free out 1 ref 8\n",
				      "task id 40000 pid 7 tid 7 comm x\nstack id 0 frames a\n"
				      "process id 50000 comm y\nprocess id 4 comm z\n"
				      "disarm out 13 task 60000 stack 70000 file 90000\n"
				      "disarm out 14 task 40000 stack 5 file 32768\n",
				      false);
	const struct rec_batch *batch;

	next_event(feed);
	batch = next_event(feed);
	assert_int_equal(batch->e.task, 0);
	assert_int_equal(batch->e.stack, 0);
	batch = next_event(feed);
	assert_int_equal(batch->e.task, 0);
	assert_int_equal(batch->e.stack, 0);
	assert_null(next_event(feed));
	assert_in_range(feed->dropped_meta, 4, 8);
	feed__free(feed);
}

/* More tasks than ids: the rest are unknown, and no task is taken for another. */
static void too_many_tasks_are_unknown(void **state)
{
	static char text[2][ID_MAX * 40];
	const struct feed_break at = {10 * SECOND, 12 * SECOND, false};
	struct feed *feed;
	FILE *out[2];
	u32 i, k, unknown = 0;
	int fd[2];

	for (k = 0; k < 2; k++) {
		struct capture_writer *writer;

		fd[k] = memfd_create("capture", MFD_CLOEXEC);
		writer = capture_writer__new(fd[k]);
		out[k] = fmemopen(text[k], sizeof(text[k]), "w+");
		fprintf(out[k], "grantwatch-capture 1\nfact time 0 key domid value 5\n");
		for (i = 1; i <= 20000; i++)
			fprintf(out[k], "task id %u pid %u tid 1 comm x\n", i, i + k * 100000);
		for (i = 1; i <= 20000; i++)
			fprintf(out[k], "reset out %u task %u\n", 1 + k * 20, i);
		rewind(out[k]);
		assert_int_equal(text__pack(out[k], "capture", writer), 0);
		fclose(out[k]);
		capture_writer__free(writer);
		lseek(fd[k], 0, SEEK_SET);
	}
	feed = feed__new(fd[0], "first", DOMID_UNKNOWN);
	assert_int_equal(feed__append(feed, fd[1], &at), 0);
	for (i = 1; i <= 40000; i++) {
		u32 id = next_event(feed)->e.task;
		u32 pid = i <= 20000 ? i : i - 20000 + 100000;

		unknown += !id;
		if (id)
			assert_int_equal(feed__task(feed, id)->pid, pid);
	}
	assert_int_equal(unknown, 40000 - ID_MAX);
	assert_in_range(feed->dropped_meta, unknown, 3 * unknown);
	feed__free(feed);
}

/* The later recorder attaches a probe late. Its losses count from its own start. */
static void the_later_recorder_has_its_own_probes_and_losses(void **state)
{
	struct feed *feed = make_feed(
		"probe time 1 state attached events 0x10 name p how x\n"
		"loss since 8 until 9 count 2 kind ring events 0x1\nfree out 9 ref 8\n",
		"probe time 11 state attached events 0x1 name q how x\n"
		"loss since 11 until 11.5 count 4 kind ring events 0x1\n"
		"loss since 11 until 13 count 8 kind ring events 0x1\n"
		"probe time 15 state attached events 0x10 name p how x\nfree out 16 ref 8\n",
		false);

	while (next_event(feed))
		;
	assert_int_equal(feed->lost, 10);
	assert_int_equal(feed__lost_between(feed, 1, 9 * SECOND + 1, 12 * SECOND - 1), 0);
	assert_string_equal(feed__blind_probe(feed, 0x10, 13 * SECOND, 14 * SECOND), "p");
	assert_null(feed__blind_probe(feed, 0x10, 15 * SECOND, 16 * SECOND));
	assert_null(feed__blind_probe(feed, 0x1, 13 * SECOND, 16 * SECOND));
	feed__free(feed);
}

static void a_loss_that_both_files_have_counts_once(void **state)
{
	static const char loss[] = "loss since 9 until 12.5 count 3 kind ring events 0x1\n"
				   "free out 9 ref 8\n";
	struct feed *feed = make_feed(loss, loss, true);

	while (next_event(feed))
		;
	assert_int_equal(feed->lost, 3);
	feed__free(feed);
}

static void a_gap_is_not_covered(void **state)
{
	struct coverage coverage;

	coverage__init(&coverage);
	coverage__mark(&coverage, 10);
	coverage__miss(&coverage, 10, 20);
	coverage__mark(&coverage, 20);
	coverage__mark(&coverage, 40);
	assert_true(coverage__holds(&coverage, 1, 9));
	assert_false(coverage__holds(&coverage, 12, 13));
	assert_false(coverage__holds(&coverage, 1, 30));
	assert_true(coverage__holds(&coverage, 21, 40));
	assert_int_equal(coverage.nr, 1);
}

/* The end of a capture is damaged, so nothing is known up to the start of the next one. */
static void a_gap_ends_the_damaged_time(void **state)
{
	struct feed *feed = make_feed("free out 1 ref 8\n", "free out 13 ref 8\n", false);
	struct coverage coverage;

	coverage__init(&coverage);
	coverage__mark(&coverage, 5);
	feed->stream.reader.skipped = 8;
	coverage__check(&coverage, feed);
	coverage__miss(&coverage, 10, 20);
	coverage__mark(&coverage, 20);
	coverage__mark(&coverage, 40);
	assert_int_equal(coverage.nr, 1);
	assert_false(coverage__holds(&coverage, 6, 7));
	assert_false(coverage__holds(&coverage, 19, 22));
	assert_true(coverage__holds(&coverage, 21, 40));
	feed__free(feed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(equal_descriptions_have_one_id),
		cmocka_unit_test(files_of_one_recorder_keep_their_ids),
		cmocka_unit_test(a_process_is_renamed_from_then_on),
		cmocka_unit_test(invalid_ids_are_unknown),
		cmocka_unit_test(too_many_tasks_are_unknown),
		cmocka_unit_test(the_later_recorder_has_its_own_probes_and_losses),
		cmocka_unit_test(a_loss_that_both_files_have_counts_once),
		cmocka_unit_test(a_gap_is_not_covered),
		cmocka_unit_test(a_gap_ends_the_damaged_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
