// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

#include "events/collect.h"
#include "pipeline/event_stream.h"
#include "renderers/redact.h"

struct event_stream {
	struct collector collector;
	void (*fn)(void *ctx, const struct event *event);
	void *ctx;
	bool cut;
};

static void before(void *ctx, const struct merge_event *merged)
{
	struct event_stream *stream = ctx;

	stream->cut |= collector__before(&stream->collector, merged) != 0;
}

static void after(void *ctx, const struct merge_event *merged)
{
	struct event_stream *stream = ctx;
	struct collector *collector = &stream->collector;
	u32 i;

	collector__after(collector, merged);
	for (i = 0; i < collector->nr; i++) {
		if (!collector->keep_names && collector->event[i].type == REC_LOG)
			redact__log_line(collector->event[i].text,
					 sizeof(collector->event[i].text));
		stream->fn(stream->ctx, &collector->event[i]);
	}
}

struct event_stream *event_stream__new(struct pipeline *pipeline, bool keep_names,
				       void (*fn)(void *ctx, const struct event *event), void *ctx)
{
	struct event_stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return NULL;
	stream->collector.ledger = pipeline->ledger;
	stream->collector.merge = &pipeline->merge;
	stream->collector.keep_names = keep_names;
	stream->fn = fn;
	stream->ctx = ctx;
	pipeline__observe_both(pipeline, before, after, stream);
	return stream;
}

void event_stream__free(struct event_stream *stream)
{
	if (!stream)
		return;
	collector__cleanup(&stream->collector);
	free(stream);
}

bool event_stream__is_cut(const struct event_stream *stream)
{
	return stream->cut;
}
