/* SPDX-License-Identifier: GPL-2.0 */
/* The events of a pipeline, one operation after the other. */
#ifndef GRANTWATCH_EVENT_STREAM_H
#define GRANTWATCH_EVENT_STREAM_H

#include "events/event.h"
#include "pipeline/pipeline.h"

struct event_stream;

/*
 * Calls @fn for each operation that @pipeline enters from now on. @keep_names: shows names of
 * programs and details of log lines. Returns NULL without memory.
 */
struct event_stream *event_stream__new(struct pipeline *pipeline, bool keep_names,
				       void (*fn)(void *ctx, const struct event *event), void *ctx);
void event_stream__free(struct event_stream *stream);

/* Whether events are missing because memory was short. */
bool event_stream__is_cut(const struct event_stream *stream);

#endif
