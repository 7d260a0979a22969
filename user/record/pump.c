// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "record/facts.h"
#include "record/kmsg.h"
#include "record/pump.h"
#include "util/log.h"
#include "util/monotonic.h"

#define DRAIN_TRIES 4
#define BEGIN_TRIES 8
/* maximum of rounds which make room, so that endless events cannot keep the process busy */
#define MAX_ROUNDS   64
#define LAST_SAMPLES 2
#define WALL_TRIES   3
/* ns; the CPUs' clocks and the kernel's fast clock agree much better */
#define CLOCK_MARGIN (1 * NSEC_PER_MSEC)

void pump__note_error(struct pump *pump, int err)
{
	if (err && !pump->error)
		pump->error = err;
}

/*
 * Whether an event is from before recording began. Stacks are described once, so their descriptions
 * are kept.
 */
static bool is_early(const struct pump *pump, const struct gw_event *event, size_t size)
{
	return size >= sizeof(*event) && event->type != GW_EV_STACK &&
	       (!pump->recording_since || event->t_out <= pump->recording_since);
}

int pump__on_event(void *arg, void *data, size_t size)
{
	struct pump *pump = arg;

	if (is_early(pump, data, size)) {
		recorder__forget(pump->recorder, data);
		return 0;
	}
	if (pump->hindsight.resting)
		return hindsight__pass(&pump->hindsight, pump->recorder, data, size);
	if (pump->tables)
		table_sampler__see(pump->tables, data, size);
	if (pump->stubdoms)
		stubdoms__see(pump->stubdoms, data, size);
	return recorder__add(pump->recorder, data, size);
}

/* Reads the ring. The callback returns -EAGAIN when the recorder has to write first. */
void pump__drain(struct pump *pump)
{
	unsigned int round;

	for (round = 0; round < MAX_ROUNDS && !pump->error; round++) {
		if (ring_buffer__consume(pump->ring) != -EAGAIN)
			return;
		pump__note_error(pump, recorder__make_room(pump->recorder));
	}
}

void pump__look(struct pump *pump)
{
	if (pump->tables && !pump->error &&
	    table_sampler__look(pump->tables, now_mono(), pump->recorder))
		pump__note_error(pump, recorder__make_room(pump->recorder));
}

/*
 * Reads the ring and sets the watermark. A record with a t_out before the reading of the positions
 * was reserved before ring_prod, so it has been read when the consumer passes that point. A
 * reserved record that is not finished stops the consumer: the next round tries again.
 */
static void drain_to_watermark(struct pump *pump)
{
	struct gw_reading before, after;
	int i;

	if (clock_sampler__read(pump->sampler, &before)) {
		pump__drain(pump);
		return;
	}
	for (i = 0; i < DRAIN_TRIES; i++) {
		pump__drain(pump);
		if (clock_sampler__read(pump->sampler, &after) ||
		    after.ring_cons < before.ring_prod)
			continue;
		pump->watermark = max(pump->watermark, before.mono - CLOCK_MARGIN);
		return;
	}
}

static void add_loss(struct pump *pump, u64 until, u64 count, enum loss_kind kind, u32 events)
{
	struct rec_loss loss = {
		.h.type = REC_LOSS,
		.since = pump->losses_since,
		.until = until,
		.count = count,
		.kind = kind,
		.events = events,
	};

	if (!count)
		return;
	pump__note_error(pump, capture_writer__add(pump->writer, &loss, sizeof(loss), NULL, 0));
}

/* GW_EV_GRANT is 1 and REC_GRANT is bit 0; both count up alike from there. */
static void add_losses(struct pump *pump, u64 until, const u64 *then, const u64 *sum,
		       enum loss_kind kind)
{
	unsigned int type;

	/* A missing stack description is no lost event: the event itself shows it. */
	for (type = GW_EV_GRANT; type < GW_EV_STACK; type++)
		add_loss(pump, until, sum[type] - then[type], kind, 1u << (type - GW_EV_GRANT));
}

static void poll_losses(struct pump *pump)
{
	struct gw_losses sum;
	u64 until = now_mono(), missed;
	u32 events;

	if (!probes__losses(pump->probes, &sum)) {
		add_losses(pump, until, pump->losses.ring, sum.ring, LOSS_RING);
		add_losses(pump, until, pump->losses.truncated, sum.truncated, LOSS_TRUNCATED);
		add_losses(pump, until, pump->losses.entry, sum.entry, LOSS_ENTRY);
		pump->losses = sum;
	}
	missed = probes__missed(pump->probes, &events);
	add_loss(pump, until, missed, LOSS_MISSED, events);
	pump->losses_since = until;
}

/*
 * Reads the wall clock between two readings of CLOCK_MONOTONIC, and keeps the least interrupted of
 * a few tries.
 */
static void sample_wall(struct pump *pump)
{
	struct rec_wall wall = {.h.type = REC_WALL};
	u64 best = UINT64_MAX;
	u32 i;

	for (i = 0; i < WALL_TRIES; i++) {
		u64 before = now_mono(), real = now_real(), after = now_mono();

		if (after - before >= best)
			continue;
		best = after - before;
		wall.mono = before + best / 2;
		wall.real = real;
	}
	pump__note_error(pump, capture_writer__add(pump->writer, &wall, sizeof(wall), NULL, 0));
}

static void keep_sample(struct pump *pump, const struct rec_clock *clock)
{
	if (pump->nr_clock == PUMP_SAMPLES)
		memmove(pump->clock, pump->clock + 1, --pump->nr_clock * sizeof(*clock));
	pump->clock[pump->nr_clock++] = *clock;
}

/* Returns the number of samples taken, which are the last ones kept. */
static unsigned int sample_clock(struct pump *pump, unsigned int samples)
{
	struct rec_clock clock;
	unsigned int n = 0;

	samples = min(samples, PUMP_SAMPLES);
	while (samples-- && !pump->clock_dead) {
		int err = clock_sampler__sample(pump->sampler, &clock);

		n += !err;
		if (!err)
			keep_sample(pump, &clock);
		if (err != -ENODEV)
			continue;
		pump->clock_dead = true;
		pump__note_error(pump, capture_writer__fact(pump->writer, now_mono(), "clock",
							    "no pvclock record here"));
	}
	return n;
}

/* The last @nr samples. */
static void write_clock(struct pump *pump, unsigned int nr)
{
	unsigned int i;

	for (i = pump->nr_clock - nr; i < pump->nr_clock; i++)
		pump__note_error(pump, capture_writer__add(pump->writer, &pump->clock[i],
							   sizeof(pump->clock[i]), NULL, 0));
}

/* Lines are written after the events of their time, so that readers meet the cause first. */
void pump__read_kmsg(struct pump *pump)
{
	struct log_line *line;
	int ret;

	while (pump->kmsg_fd >= 0 && pump->nr_lines < ARRAY_SIZE(pump->lines)) {
		line = &pump->lines[pump->nr_lines];
		ret = kmsg__next(pump->kmsg_fd, &line->time, line->text, sizeof(line->text));
		if (!ret)
			return;
		if (ret == 1) {
			pump->nr_lines++;
		} else if (ret != -EPIPE) {
			pr_warn("/dev/kmsg: %s", strerror(-ret));
			close(pump->kmsg_fd);
			pump->kmsg_fd = -1;
		}
	}
}

static void write_lines(struct pump *pump, u64 until)
{
	u32 n;

	for (n = 0; n < pump->nr_lines && pump->lines[n].time <= until; n++)
		pump__note_error(pump, capture_writer__log(pump->writer, pump->lines[n].time,
							   pump->lines[n].text));
	pump->nr_lines -= n;
	memmove(pump->lines, pump->lines + n, pump->nr_lines * sizeof(pump->lines[0]));
}

/* --- the beginning --- */

static void write_phase(struct pump *pump, u64 time, enum phase phase)
{
	struct rec_phase rec = {.h.type = REC_PHASE, .time = time, .phase = phase};

	pump__note_error(pump, capture_writer__add(pump->writer, &rec, sizeof(rec), NULL, 0));
}

void pump__prepare(struct pump *pump)
{
	write_phase(pump, now_mono(), PHASE_ATTACHING);
	pump__note_error(pump, capture_writer__flush(pump->writer, 0));
}

void pump__leave_out(struct pump *pump)
{
	pump__drain(pump);
	pump__read_kmsg(pump);
	pump->nr_lines = 0;
}

/*
 * Starts counting losses. Returns whether nothing was lost meanwhile: until the ring is empty for
 * the first time, it may have no room.
 */
static bool begin_counting(struct pump *pump)
{
	struct gw_losses after;
	u32 events;
	int err;

	pump__drain(pump);
	probes__missed(pump->probes, &events);
	err = probes__losses(pump->probes, &pump->losses);
	pump->losses_since = now_mono();
	if (err)
		return true;
	pump__drain(pump);
	return !probes__losses(pump->probes, &after) &&
	       !memcmp(&after, &pump->losses, sizeof(after));
}

void pump__begin(struct pump *pump, unsigned int samples)
{
	unsigned int i, nr;

	pump__leave_out(pump);
	nr = sample_clock(pump, samples);
	for (i = 0; i < BEGIN_TRIES && !begin_counting(pump); i++)
		;
	pump->recording_since = pump->losses_since;
	write_phase(pump, pump->recording_since, PHASE_RECORDING);
	write_clock(pump, nr);
	sample_wall(pump);
	pump->watermark = pump->marked = pump->recording_since;
	pump__note_error(pump, capture_writer__flush(pump->writer, pump->watermark));
}

/* --- the regular work --- */

/* Losses and clock samples come before the events they concern, as readers do not look ahead. */
void pump__flush(struct pump *pump, unsigned int samples)
{
	drain_to_watermark(pump);
	/* Checked after the watermark's time: a module not loaded now was not loaded before it. */
	if (pump->marked)
		probes__see_modules(pump->probes, pump->marked);
	pump__look(pump);
	if (pump->stubdoms)
		pump__note_error(pump, stubdoms__check(pump->stubdoms, pump->writer));
	poll_losses(pump);
	write_clock(pump, sample_clock(pump, samples));
	sample_wall(pump);
	pump__read_kmsg(pump);
	pump__note_error(pump, facts__clocksource(pump->writer, pump->clocksource,
						  sizeof(pump->clocksource)));
	pump__note_error(pump, recorder__write(pump->recorder, pump->watermark));
	write_lines(pump, pump->watermark);
	pump__note_error(pump, capture_writer__flush(pump->writer, pump->watermark));
	pump->marked = pump->watermark;
}

/* --- record --flight --- */

void pump__rest(struct pump *pump)
{
	hindsight__rest(&pump->hindsight, pump->watermark);
}

/* Drops log lines from before @horizon; if there are none, the oldest line. */
static void drop_lines(struct pump *pump, u64 horizon)
{
	u32 n = 0;

	while (n < pump->nr_lines && pump->lines[n].time < horizon)
		n++;
	if (!n && pump->nr_lines == ARRAY_SIZE(pump->lines))
		n = 1;
	pump->nr_lines -= n;
	memmove(pump->lines, pump->lines + n, pump->nr_lines * sizeof(pump->lines[0]));
}

void pump__tick(struct pump *pump)
{
	u64 horizon = now_mono() - pump->hindsight.window;
	struct rec_clock clock;

	if (!pump->clock_dead && !clock_sampler__sample(pump->sampler, &clock))
		hindsight__keep_sample(&pump->hindsight, &clock);
	poll_losses(pump);
	drop_lines(pump, horizon);
	pump__read_kmsg(pump);
	if (hindsight__forget(&pump->hindsight, pump->recorder, horizon, 0))
		ring_buffer__consume(pump->ring);
}

void pump__make_room(struct pump *pump)
{
	struct gw_reading reading;

	drop_lines(pump, 0);
	if (clock_sampler__read(pump->sampler, &reading))
		return;
	if (hindsight__forget(&pump->hindsight, pump->recorder, 0,
			      (reading.ring_prod - reading.ring_cons) / 2))
		ring_buffer__consume(pump->ring);
}

void pump__collect(struct pump *pump)
{
	pump__note_error(pump, hindsight__wake(&pump->hindsight, pump->writer, pump->recorder));
	pump__flush(pump, LAST_SAMPLES);
}

/* The capture is complete up to the watermark. */
static void write_end(struct pump *pump)
{
	struct rec_end end = {.h.type = REC_END,
			      .time = pump->watermark,
			      .events = capture_writer__events(pump->writer),
			      .lost = capture_writer__lost(pump->writer)};

	pump__note_error(pump, capture_writer__add(pump->writer, &end, sizeof(end), NULL, 0));
	pump__note_error(pump, capture_writer__flush(pump->writer, pump->watermark));
	pr_info("%" PRIu64 " events, %" PRIu64 " lost, %" PRIu64 " bytes", end.events, end.lost,
		capture_writer__bytes(pump->writer));
}

/* --- record --rotate --- */

/*
 * Held-back events go into the next file, which is complete from the watermark on. If the limit of
 * held events was reached, this file has later events too.
 */
void pump__end_file(struct pump *pump)
{
	pump__flush(pump, LAST_SAMPLES);
	write_end(pump);
}

static void write_continues(struct pump *pump)
{
	char time[32];

	snprintf(time, sizeof(time), "%" PRIu64, pump->watermark);
	pump__note_error(pump,
			 capture_writer__fact(pump->writer, pump->watermark, FACT_CONTINUES, time));
}

void pump__begin_file(struct pump *pump, int fd)
{
	u64 whole_from = max(pump->watermark, recorder__reached(pump->recorder));

	pump__note_error(pump, capture_writer__next(pump->writer, fd));
	write_phase(pump, pump->watermark, PHASE_ATTACHING);
	write_phase(pump, whole_from, PHASE_RECORDING);
	/* Samples from before and after the watermark. */
	write_clock(pump, pump->nr_clock);
	sample_wall(pump);
	if (recorder__begin_file(pump->recorder))
		write_continues(pump);
	pump__note_error(pump, capture_writer__flush(pump->writer, pump->watermark));
}

/* --- the end --- */

/* Writes all events before the probes are detached, which takes time. */
void pump__finish(struct pump *pump)
{
	if (pump->error)
		return;
	if (pump->hindsight.resting)
		pump__collect(pump);
	pump__flush(pump, LAST_SAMPLES);
	/* Events after the watermark are valid, but the capture is complete only up to it. */
	pump__note_error(pump, recorder__write_all(pump->recorder));
	write_lines(pump, UINT64_MAX);
	write_end(pump);
	pr_debug("%" PRIu64 " stacks were unwound", recorder__described(pump->recorder));
}
