/* SPDX-License-Identifier: GPL-2.0 */
/* The events of a pipeline as they are entered, one operation after the other. */
#ifndef GRANTWATCH_EVENT_STREAM_H
#define GRANTWATCH_EVENT_STREAM_H

#include "events/event.h"
#include "pipeline/pipeline.h"

struct event_stream;

/*
 * Call @fn for each operation that @pipeline enters from now on. Names of programs and what log
 * lines say of them stay as they are with @keep_names. NULL when memory is short.
 */
struct event_stream *event_stream__new(struct pipeline *pipeline, bool keep_names,
				       void (*fn)(void *ctx, const struct event *event), void *ctx);
void event_stream__free(struct event_stream *stream);

/* Whether memory was short, so that events are missing. */
bool event_stream__is_cut(const struct event_stream *stream);

#endif
