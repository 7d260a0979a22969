// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target: any bytes as the only capture, of a guest, through the whole pipeline to one of
 * the renderers (render.h), with all events printed where the format has them. A wrapped input is
 * the payload of a valid block, so that the fuzzer gets past the checksums. A finding that depends
 * on another domain must not be proven.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "events/print.h"
#include "pipeline/event_stream.h"
#include "pipeline/pipeline.h"
#include "pipeline/reporting.h"
#include "renderers/trace_state.h"
#include "util/log.h"

#include "render.h"
#include "wrap.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/*
 * Writes the input as it is, or wrapped: as records of the lengths that they claim, in a valid
 * block.
 */
static void fill(int fd, const u8 *data, size_t size, bool wrap)
{
	u8 *bytes = wrap ? wrap__capture(data, size, &size) : NULL;

	if (write(fd, bytes ? bytes : data, size) < 0)
		abort();
	free(bytes);
	lseek(fd, 0, SEEK_SET);
}

static FILE *null;

struct lines {
	const struct renderer *renderer;
	struct event_lines text;
	struct trace_state trace;
};

static void on_event(void *ctx, const struct event *event)
{
	struct lines *lines = ctx;

	if (lines->renderer == &text_renderer)
		event__print_text(null, &lines->text, event);
	else if (lines->renderer == &json_renderer)
		event__print_json(null, event);
	else if (lines->renderer->event)
		lines->renderer->event(null, event, &lines->trace);
}

/* Captures of a guest alone do not prove a map or copy by another domain. */
static void check(const struct pipeline *pipeline)
{
	const struct findings *findings = rules__findings(pipeline->rules);
	u32 i;

	for (i = 0; i < findings->nr && pipeline->feeds[0]->domid; i++) {
		const struct finding *finding = findings->item[i];

		if (!finding->gone && finding->certainty == CERTAINTY_PROVEN &&
		    (finding->class == CLASS_STALE_MAP || finding->class == CLASS_STALE_COPY) &&
		    finding->mapper != finding->granter)
			abort();
	}
}

/* Judges and renders the capture in @fd. */
static void play(int fd, const struct renderer *renderer)
{
	struct pipeline *pipeline = pipeline__new(false);
	struct lines lines = {.renderer = renderer};
	struct event_stream *stream = NULL;

	if (renderer)
		stream = event_stream__new(pipeline, false, on_event, &lines);
	pipeline__add(pipeline, feed__new(fd, "fuzz", DOMID_UNKNOWN));
	pipeline__run(pipeline);
	check(pipeline);
	if (renderer)
		pipeline__report(pipeline, renderer, null, NULL);
	event_stream__free(stream);
	trace_state__cleanup(&lines.trace);
	pipeline__free(pipeline);
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	u8 flags = size ? data[0] : RENDER_NOTHING;

	if (!null)
		null = fopen("/dev/null", "w");
	log_level = -1;
	if (size)
		fill(fd, data + 1, size - 1, flags & 1);
	play(fd, render__choose(flags));
	return 0;
}
