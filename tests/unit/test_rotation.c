// SPDX-License-Identifier: GPL-2.0
/*
 * record --rotate: the end of one file and the start of the next, without a loss between them.
 * Ring, clock and loss counters are simulated.
 */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "capture/stream.h"
#include "capture/text.h"
#include "record/pump.h"
#include "record/record.h"
#include "util/monotonic.h"

/* --- simulated kernel --- */

struct ring_event {
	struct gw_event e;
	union {
		struct gw_op_ref ref;
		struct gw_op_arm arm;
	};
};

static struct {
	struct pump *pump;
	struct ring_event ring[8];
	u32 nr;
	u64 lost;     /* total of the programs' counters */
	u64 missed;   /* misses not yet read */
	u64 reading;  /* time of the next reading, 0 now */
	bool stalled; /* an unfinished event stops the consumer */
} kernel;

int ring_buffer__consume(struct ring_buffer *ring)
{
	u32 i;

	for (i = 0; i < kernel.nr; i++)
		pump__on_event(kernel.pump, &kernel.ring[i], sizeof(kernel.ring[i]));
	kernel.nr = 0;
	return 0;
}

int clock_sampler__read(struct clock_sampler *sampler, struct gw_reading *reading)
{
	*reading = (struct gw_reading){.mono = kernel.reading ? kernel.reading : now_mono(),
				       .ring_prod = kernel.stalled};
	return 0;
}

int clock_sampler__sample(struct clock_sampler *sampler, struct rec_clock *rec)
{
	*rec = (struct rec_clock){.h.type = REC_CLOCK, .mono = now_mono(), .mul = 1};
	return 0;
}

int probes__losses(const struct probes *probes, struct gw_losses *sum)
{
	*sum = (struct gw_losses){.ring[GW_EV_GRANT] = kernel.lost};
	return 0;
}

u64 probes__missed(struct probes *probes, u32 *events)
{
	u64 missed = kernel.missed;

	kernel.missed = 0;
	*events = REC_BIT(REC_MAP);
	return missed;
}

void probes__see_modules(struct probes *probes, u64 since)
{
}

/* --- recorder --- */

struct session {
	struct pump pump;
	int fd[2];
	u64 began;
};

static int open_session(void **state)
{
	struct session *s = calloc(1, sizeof(*s));
	struct pump *pump = &s->pump;

	memset(&kernel, 0, sizeof(kernel));
	kernel.pump = pump;
	s->fd[0] = memfd_create("first", 0);
	s->fd[1] = memfd_create("second", 0);
	pump->kmsg_fd = -1;
	pump->writer = capture_writer__new(s->fd[0]);
	pump->recorder = recorder__new(pump->writer);
	recorder__keep(pump->recorder);
	assert_int_equal(capture_writer__keep(pump->writer), 0);
	capture_writer__fact(pump->writer, 1, "domid", "5");
	capture_writer__fact(pump->writer, 1, "boot_time", "1000");
	capture_writer__fact(pump->writer, 1, "vbd.51712.persistent", "no");
	pump__prepare(pump);
	capture_writer__probe(pump->writer, 2, PROBE_ATTACHED, REC_BIT(REC_FREE), "gnttab_free",
			      "kprobe");
	capture_writer__probe(pump->writer, 2, PROBE_MISSING, REC_BIT(REC_ARM), "gntdev_add_map",
			      "not there");
	pump__begin(pump, 2);
	capture_writer__fact(pump->writer, 3, "vbd.51712.persistent", "yes");
	s->began = pump->recording_since;
	*state = s;
	return 0;
}

static int close_session(void **state)
{
	struct session *s = *state;

	recorder__free(s->pump.recorder);
	capture_writer__free(s->pump.writer);
	close(s->fd[0]);
	close(s->fd[1]);
	free(s);
	return 0;
}

static struct ring_event *put(u8 type, u64 time, const char *comm)
{
	struct ring_event *event = &kernel.ring[kernel.nr++];

	*event = (struct ring_event){.e = {.type = type,
					   .nr = 1,
					   .total = 1,
					   .pid = 10,
					   .tid = 11,
					   .t_in = time,
					   .t_out = time}};
	snprintf(event->e.comm, sizeof(event->e.comm), "%s", comm);
	snprintf(event->e.process, sizeof(event->e.process), "main");
	return event;
}

static void put_free(u64 time, u32 ref, const char *comm)
{
	put(GW_EV_FREE, time, comm)->ref.ref = ref;
}

static void put_arm(u64 time, u32 ref, u64 file)
{
	struct ring_event *event = put(GW_EV_ARM, time, "daemon");

	event->e.file = file;
	event->arm = (struct gw_op_arm){.granter = 5, .ref = ref};
}

static void rotate(struct session *s)
{
	pump__end_file(&s->pump);
	pump__begin_file(&s->pump, s->fd[1]);
}

static void finish(struct session *s)
{
	kernel.reading = 0;
	pump__finish(&s->pump);
	assert_int_equal(s->pump.error, 0);
}

/* --- contents of a file --- */

struct found {
	char *text; /* descriptions, losses and events, without times */
	u64 recording, end, events, lost;
	u64 first, last; /* times of events */
	u32 clocks;
	char continues[32];
};

static void see(struct found *found, FILE *out, const struct rec *rec)
{
	const struct rec_phase *phase = (const void *)rec;
	const struct rec_fact *fact = (const void *)rec;
	const struct rec_task *task = (const void *)rec;
	const struct rec_probe *probe = (const void *)rec;
	const struct rec_loss *loss = (const void *)rec;
	const struct rec_end *end = (const void *)rec;
	const struct rec_ref *ref = (const void *)rec;
	const struct rec_batch *batch = (const void *)rec;
	const struct op_arm *op = rec__ops(rec);
	const char *value = rec->type == REC_FACT ? text__second(fact->text) : "";

	if (REC_IS_EVENT(rec->type)) {
		found->first = found->first ? found->first : ref->e.t_out;
		found->last = ref->e.t_out;
	}
	switch (rec->type) {
	case REC_PHASE:
		found->recording = phase->phase == PHASE_RECORDING ? phase->time : 0;
		break;
	case REC_CLOCK:
		found->clocks++;
		break;
	case REC_FACT:
		if (!strcmp(fact->text, FACT_CONTINUES))
			snprintf(found->continues, sizeof(found->continues), "%s", value);
		else if (strcmp(fact->text, "clocksource"))
			fprintf(out, "%s=%s ", fact->text, value);
		break;
	case REC_TASK:
		fprintf(out, "task %u %s ", task->id, task->comm);
		break;
	case REC_PROCESS:
		fprintf(out, "of %s ", ((const struct rec_process *)(const void *)rec)->comm);
		break;
	case REC_PROBE:
		fprintf(out, "probe %s %u ", probe->text, probe->state);
		break;
	case REC_LOSS:
		fprintf(out, "loss %u ", (u32)loss->count);
		break;
	case REC_END:
		found->end = end->time;
		found->events = end->events;
		found->lost = end->lost;
		break;
	case REC_FREE:
		fprintf(out, "free %u by %u ", ref->ref, ref->e.task);
		break;
	case REC_ARM:
		fprintf(out, "arm %u file %u by %u ", op->ref, batch->file, batch->e.task);
		break;
	default:
		break;
	}
}

static void read_file(int fd, struct found *found)
{
	struct capture_stream stream;
	enum stream_status status;
	const struct rec *rec;
	size_t len;
	FILE *out;

	memset(found, 0, sizeof(*found));
	out = open_memstream(&found->text, &len);
	lseek(fd, 0, SEEK_SET);
	assert_int_equal(capture_stream__init(&stream, fd), 0);
	while ((status = capture_stream__next_blocking(&stream, &rec)) != STREAM_EOF) {
		assert_int_not_equal(status, STREAM_BAD);
		if (status == STREAM_REC)
			see(found, out, rec);
	}
	assert_int_equal(stream.reader.lost_blocks + stream.reader.bad_records, 0);
	capture_stream__cleanup(&stream);
	fclose(out);
}

#define FACTS  "domid=5 boot_time=1000 "
#define PROBES "probe gnttab_free 1 probe gntdev_add_map 2 "

static void a_file_ends_where_the_next_begins(void **state)
{
	struct session *s = *state;
	u64 now = now_mono();
	struct found found;
	char mark[32];

	put_free(now, 1, "old");
	put_free(now + 5, 2, "both");
	put_free(now + 10, 3, "both"); /* held: after the watermark */
	kernel.reading = now + 5 + NSEC_PER_MSEC;
	rotate(s);
	put_free(now + 20, 4, "both");
	put_free(now + 21, 5, "new");
	finish(s);

	read_file(s->fd[0], &found);
	assert_string_equal(found.text, FACTS
			    "vbd.51712.persistent=no " PROBES "vbd.51712.persistent=yes "
			    "task 1 old of main task 2 both of main free 1 by 1 free 2 by 2 ");
	assert_int_equal(found.end, now + 5);
	assert_int_equal(found.events, 2);
	assert_string_equal(found.continues, "");
	free(found.text);

	read_file(s->fd[1], &found);
	assert_string_equal(found.text, FACTS "vbd.51712.persistent=yes " PROBES
					      "task 2 both of main task 3 new of main "
					      "free 3 by 2 free 4 by 2 free 5 by 3 ");
	assert_int_equal(found.recording, now + 5);
	assert_int_equal(found.events, 3);
	assert_in_range(found.clocks, 2, 20);
	snprintf(mark, sizeof(mark), "%lu", now + 5);
	assert_string_equal(found.continues, mark);
	free(found.text);
}

/* Losses are detected after the watermark, so they may belong to either file. */
static void a_loss_at_the_border_is_in_both_files(void **state)
{
	struct session *s = *state;
	struct found found;

	kernel.lost = 2;
	pump__flush(&s->pump, 1);
	kernel.reading = now_mono() + NSEC_PER_MSEC;
	kernel.lost = 5;
	kernel.missed = 7;
	rotate(s);
	finish(s);
	read_file(s->fd[0], &found);
	assert_non_null(strstr(found.text, "loss 2 loss 3 loss 7 "));
	assert_int_equal(found.lost, 12);
	free(found.text);
	read_file(s->fd[1], &found);
	assert_null(strstr(found.text, "loss 2"));
	assert_non_null(strstr(found.text, "loss 3 loss 7 "));
	assert_int_equal(found.lost, 10);
	free(found.text);
}

/* Open files of gntdev keep their ids in the next file, and new ones get new ids. */
static void files_keep_their_ids(void **state)
{
	struct session *s = *state;
	u64 now = now_mono();
	struct found found;

	put_arm(now, 1, 0x1000);
	put_arm(now + 1, 2, 0x2000);
	kernel.reading = now + 1 + NSEC_PER_MSEC;
	rotate(s);
	put_arm(now + 2, 3, 0x3000);
	put_arm(now + 3, 4, 0x2000);
	finish(s);
	read_file(s->fd[1], &found);
	assert_non_null(strstr(found.text, "arm 3 file 3 by 1 arm 4 file 2 by 1 "));
	free(found.text);
}

/*
 * After half of the ids are used, ids start again. The new file then does not claim to continue the
 * old one, as its ids differ.
 */
static void ids_do_not_run_out(void **state)
{
	struct session *s = *state;
	u64 now = now_mono();
	struct found found;
	char comm[16];
	u32 i;

	for (i = 1; i <= ID_MAX / 2 + 10; i++) {
		snprintf(comm, sizeof(comm), "t%u", i);
		put_arm(now, i, 0x1000 + i);
		snprintf(kernel.ring[0].e.comm, sizeof(comm), "%s", comm);
		kernel.ring[0].e.flags = i > 3 ? GW_F_WHOLE : 0;
		pump__drain(&s->pump);
	}
	put_arm(now + 10, 1, 0x1002);
	put_arm(now + 11, 2, 0x9999);
	kernel.ring[1].e.flags = GW_F_WHOLE;
	kernel.reading = now + 5 + NSEC_PER_MSEC;
	rotate(s);
	put_arm(now + 12, 3, 0x1002);
	put_arm(now + 13, 4, 0x9999);
	finish(s);
	read_file(s->fd[1], &found);
	assert_string_equal(found.continues, "");
	assert_null(strstr(found.text, "file 16"));
	assert_non_null(strstr(found.text, "task 1 daemon of main "));
	assert_non_null(strstr(found.text, "arm 2 file 4 by 1 "));
	assert_non_null(strstr(found.text, "arm 4 file 5 by 2 "));
	assert_string_equal(strstr(strstr(found.text, "arm 1 file ") + 11, " by 1"),
			    strstr(found.text, " by 1 arm 2"));
	free(found.text);
}

/*
 * If events were written out of order for lack of memory, the next file's recording starts after
 * them.
 */
static void events_out_of_order_are_in_one_file(void **state)
{
	struct session *s = *state;
	u64 now = now_mono();
	struct found found;

	put_free(now + 20, 1, "a");
	put_free(now + 30, 2, "a");
	pump__drain(&s->pump);
	assert_int_equal(recorder__make_room(s->pump.recorder), 0);
	kernel.reading = now + NSEC_PER_MSEC;
	rotate(s);
	finish(s);
	read_file(s->fd[0], &found);
	assert_non_null(strstr(found.text, "free 1 by 1 "));
	assert_int_equal(found.end, now);
	free(found.text);
	read_file(s->fd[1], &found);
	assert_null(strstr(found.text, "free 1 by "));
	assert_non_null(strstr(found.text, "free 2 by 1 "));
	assert_int_equal(found.recording, now + 20);
	free(found.text);
}

/* SIGUSR1 is for --flight and --hold, and has no effect on other recordings. */
static void sigusr1_ends_nothing(void **state)
{
	int fd = eventfd(0, 0);
	u64 woken;

	assert_int_equal(record__catch_signals(fd), 0);
	raise(SIGUSR1);
	assert_int_equal(read(fd, &woken, sizeof(woken)), sizeof(woken));
	assert_true(record__told_by_user());
	assert_false(record__told_to_stop());
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_file_ends_where_the_next_begins, open_session,
						close_session),
		cmocka_unit_test_setup_teardown(a_loss_at_the_border_is_in_both_files, open_session,
						close_session),
		cmocka_unit_test_setup_teardown(files_keep_their_ids, open_session, close_session),
		cmocka_unit_test_setup_teardown(ids_do_not_run_out, open_session, close_session),
		cmocka_unit_test_setup_teardown(events_out_of_order_are_in_one_file, open_session,
						close_session),
		cmocka_unit_test(sigusr1_ends_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
