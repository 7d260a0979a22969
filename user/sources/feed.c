// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sources/feed_internal.h"

struct feed *feed__new(int fd, const char *name, u16 domid)
{
	struct feed *feed = malloc(sizeof(*feed));

	if (!feed)
		return NULL;
	memset(feed, 0, offsetof(struct feed, facts));
	feed->name = strdup(name);
	if (!feed->name || capture_stream__init(&feed->stream, fd)) {
		free(feed->name);
		free(feed);
		return NULL;
	}
	feed->domid = domid;
	feed->domid_given = domid != DOMID_UNKNOWN;
	return feed;
}

int feed__rename(struct feed *feed, const char *name)
{
	char *copy = strdup(name);

	if (!copy)
		return -ENOMEM;
	free(feed->name);
	feed->name = copy;
	return 0;
}

static void free_fact(struct feed_fact *fact)
{
	u32 i;

	free(fact->key);
	free(fact->now.text);
	for (i = 0; i < FEED_FACT_OLD; i++)
		free(fact->old[i].text);
}

void feed__free(struct feed *feed)
{
	u32 i;

	if (!feed)
		return;
	for (i = 0; i < feed->nr_facts; i++)
		free_fact(&feed->facts[i]);
	for (i = 0; i < feed->nr_probes; i++) {
		free(feed->probes[i].name);
		free(feed->probes[i].how);
	}
	for (i = 0; i < feed->nr_stacks; i++)
		free(feed->stacks[i]);
	free(feed->stacks);
	free(feed->tasks);
	free(feed->name);
	feed__free_segments(feed);
	if (feed->stream.fd >= 0)
		close(feed->stream.fd);
	capture_stream__cleanup(&feed->stream);
	free(feed);
}

static void take_wall(struct feed *feed, const struct rec_wall *rec)
{
	wall__add(&feed->wall, rec->mono, rec->real);
}

/* Counts records without the stack or task on which verdicts depend. */
static void check_whole(struct feed *feed, const struct rec_batch *batch)
{
	const u32 stacks =
		REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE) | REC_BIT(REC_MAP) | REC_BIT(REC_COPY);
	const u16 type = batch->e.h.type;

	feed->no_stack += !batch->e.stack && REC_BIT(type) & stacks;
	feed->no_task += !batch->e.task && (type == REC_ARM || (type == REC_MAP && batch->file));
}

static void take_event(struct feed *feed, const struct rec *rec)
{
	const struct rec_batch *batch = (const void *)rec;

	feed->attaching = false;
	feed->events++;
	check_whole(feed, batch);
	if (REC_IS_BATCH(rec->type) && batch->file <= ID_MAX)
		feed->last_file = max(feed->last_file, batch->file);
	feed->ops += REC_IS_BATCH(rec->type) && batch->nr ? batch->nr : 1;
	if (!feed->first_mono)
		feed->first_mono = batch->e.t_in;
	feed->last_mono = max(feed->last_mono, batch->e.t_out);
}

/* Returns whether @rec goes on to the merge. */
static bool take_rec(struct feed *feed, const struct rec *rec, enum feed_status *status)
{
	switch (rec->type) {
	case REC_FACT:
	case REC_TASK:
	case REC_PROCESS:
	case REC_STACK:
		feed__describe(feed, rec);
		return false;
	case REC_PROBE:
	case REC_LOSS:
	case REC_PHASE:
		feed__note_coverage(feed, rec);
		return false;
	case REC_WALL:
		take_wall(feed, (const void *)rec);
		return false;
	case REC_END:
		feed__note_end(feed, (const void *)rec);
		return false;
	case REC_CLOCK:
		*status = FEED_CLOCK;
		return true;
	case REC_LOG:
		*status = FEED_EVENT;
		return true;
	default:
		take_event(feed, rec);
		*status = FEED_EVENT;
		return true;
	}
}

enum feed_status feed__next(struct feed *feed, bool blocking, const struct rec **rec)
{
	enum feed_status status;

	while (!feed->done && !feed->refused) {
		switch (blocking ? capture_stream__next_blocking(&feed->stream, rec)
				 : capture_stream__next(&feed->stream, rec)) {
		case STREAM_REC:
			if (feed__is_later(feed))
				feed__translate(feed, capture_stream__own(&feed->stream, *rec));
			if (take_rec(feed, *rec, &status))
				return feed->refused ? FEED_DONE : status;
			break;
		case STREAM_MARK:
			if (feed->attaching)
				break;
			return FEED_MARK;
		case STREAM_WAIT:
			return FEED_WAIT;
		case STREAM_EOF:
			feed->done = !feed__go_on(feed);
			break;
		case STREAM_BAD:
			feed->done = true;
		}
	}
	feed->done = true;
	return FEED_DONE;
}

bool feed__is_bad(const struct feed *feed)
{
	return feed->refused || feed->stream.reader.error[0] || feed->domid == DOMID_UNKNOWN ||
	       !feed->stream.reader.have_header;
}

u64 feed__damage(const struct feed *feed)
{
	const struct capture_reader *reader = &feed->stream.reader;

	return reader->skipped + reader->lost_blocks + reader->bad_records;
}

static const char *const stall_reasons[] = {
	[FEED_KEPT_UP] = "",
	[FEED_SILENT] = "stalled: the others went on without it",
	[FEED_BEHIND] = "its times stood still or were long past: the others went on without it",
	[FEED_AHEAD] = "it sent times from the future: the others went on without it",
};

const char *feed__complaint(const struct feed *feed, char *buf, size_t size)
{
	const struct capture_reader *reader = &feed->stream.reader;
	u64 tail = capture_stream__tail(&feed->stream);

	if (feed->refused)
		snprintf(buf, size, "claims to be another domain than d%u, refused", feed->domid);
	else if (reader->error[0])
		snprintf(buf, size, "%s", reader->error);
	else if (feed->stream.error)
		snprintf(buf, size, "read error: %s", strerror(feed->stream.error));
	else if (!reader->have_header)
		snprintf(buf, size, "empty: no capture arrived");
	else if (feed->domid == DOMID_UNKNOWN)
		snprintf(buf, size, "does not say which domain it is from");
	else if (feed__damage(feed))
		snprintf(buf, size,
			 "damaged: %" PRIu64 " bytes passed over, %" PRIu64
			 " blocks missing, %" PRIu64 " records dropped",
			 reader->skipped, reader->lost_blocks, reader->bad_records);
	else if (tail && !feed->stopped && !feed->stream.stopped)
		snprintf(buf, size, "cut short in the middle of a block");
	else if (reader->repeated)
		snprintf(buf, size, "repeats old blocks: %" PRIu64 " blocks were skipped",
			 reader->repeated);
	else if (feed->changed)
		snprintf(buf, size,
			 "reports another kernel, type, role or tier %" PRIu64
			 " times: the first report counts",
			 feed->changed);
	else if (feed->shed)
		snprintf(buf, size,
			 "reached its rate or resource limit: %" PRIu64
			 " events of it were not kept",
			 feed->shed);
	else if (feed->has_stalled)
		snprintf(buf, size, "%s", stall_reasons[feed->has_stalled]);
	else if (feed->done && feed->attaching)
		snprintf(buf, size, "ended while it attached its probes: nothing was recorded");
	else if (feed->done && !feed->ended && !feed->stopped && !feed->stream.stopped)
		snprintf(buf, size, "cut short: the recorder did not end it");
	else if (feed->done && !feed->stream.blocks)
		snprintf(buf, size, "ended before its first whole block: nothing was recorded");
	else
		return NULL;
	return buf;
}
