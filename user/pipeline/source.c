// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "capture/writer.h"
#include "pipeline/source.h"

int pipeline__add_source(struct pipeline *pipeline, int fd, const char *name, u16 domid,
			 const char *qube)
{
	struct feed *feed = feed__new(fd, name, domid);
	int err = feed ? pipeline__add(pipeline, feed) : -ENOMEM;

	if (err) {
		feed__free(feed);
		return err;
	}
	if (qube)
		snprintf(feed->qube, sizeof(feed->qube), "%s", qube);
	feed->guest = domid != DOMID_UNKNOWN;
	return 0;
}

struct source_state pipeline__source_state(const struct pipeline *pipeline, u32 i)
{
	const struct merge_input *input = pipeline->merge.input[i];
	const struct feed *feed = pipeline->feeds[i];
	const struct capture_stream *stream = &feed->stream;
	const struct clock *clock = &input->clock;

	return (struct source_state){
		.name = feed->name,
		.domid = feed->domid,
		.guest = feed->guest,
		.blocks = stream->blocks,
		.attaching = feed->attaching,
		.recording = (stream->blocks || stream->in_block) && !feed->attaching,
		.has_room = capture_stream__has_room(stream),
		.eof = stream->eof,
		.done = feed->done,
		.pending = input->have_head,
		.stalled = feed->stalled,
		.stopped = feed->stopped,
		.unusable = feed->refused || stream->reader.error[0],
		.bad = feed__is_bad(feed),
		.watermark = stream->watermark,
		.reached = merge__reached(&pipeline->merge, i),
		.marked = pipeline->ledger->marks[i],
		.has_clock = clock->nr || clock->derived,
		.clock_err = clock->err_max,
	};
}

const char *pipeline__source_complaint(const struct pipeline *pipeline, u32 i, char *buf,
				       size_t size)
{
	return feed__complaint(pipeline->feeds[i], buf, size);
}

u32 pipeline__source_awaited(const struct pipeline *pipeline)
{
	return merge__waits_for(&pipeline->merge);
}

bool pipeline__awaits_trace(const struct pipeline *pipeline)
{
	return pipeline->merge.join && join__is_behind(pipeline->merge.join);
}

bool pipeline__source_time(const struct pipeline *pipeline, u32 i, u64 mono, struct moment *at)
{
	/* A copy of the clock: the reported bound is to cover recorded times only. */
	struct clock clock = pipeline->merge.input[i]->clock;

	if (!clock.nr)
		return false;
	*at = clock__at(&clock, mono);
	return true;
}

int pipeline__source_read(struct pipeline *pipeline, u32 i, size_t most, const void **bytes)
{
	struct capture_stream *stream = &pipeline->feeds[i]->stream;
	int n = capture_stream__fill_some(stream, most);

	*bytes = n > 0 ? stream->buf + stream->end - n : NULL;
	return n;
}

void pipeline__source_stop(struct pipeline *pipeline, u32 i, bool stopped)
{
	pipeline->feeds[i]->stopped = stopped;
}

void pipeline__source_give_up(struct pipeline *pipeline, u32 i)
{
	pipeline->feeds[i]->stream.eof = true;
}

void pipeline__source_stall(struct pipeline *pipeline, u32 i, enum feed_stall why)
{
	struct feed *feed = pipeline->feeds[i];

	feed->stalled = why != FEED_KEPT_UP;
	if (feed->stalled)
		feed->has_stalled = why;
}

int pipeline__source_end_copy(const struct pipeline *pipeline, u32 i, int fd)
{
	const struct feed *feed = pipeline->feeds[i];
	const struct capture_stream *stream = &feed->stream;
	struct rec_end end = {.h.type = REC_END,
			      .time = stream->watermark,
			      .events = feed->events,
			      .lost = feed->stated_losses};
	struct capture_writer *writer;
	int err;

	if (!feed->stopped || feed->ended)
		return 0;
	if (ftruncate(fd, (off_t)(stream->bytes - capture_stream__tail(stream))) ||
	    lseek(fd, 0, SEEK_END) < 0)
		return -errno;
	writer = capture_writer__append(fd, stream->reader.next_seq);
	if (!writer)
		return -ENOMEM;
	err = capture_writer__add(writer, &end, sizeof(end), NULL, 0);
	if (!err)
		err = capture_writer__flush(writer, end.time);
	capture_writer__free(writer);
	return err;
}

bool pipeline__awaits_clocks(const struct pipeline *pipeline)
{
	return !pipeline->merge.started && pipeline->merge.looked;
}

void pipeline__derive_clocks(struct pipeline *pipeline)
{
	pipeline->merge.hurry = true;
}
