// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target: any bytes as the only capture, of a guest, through the whole pipeline to the
 * renderers, with all events printed. A wrapped input is the payload of a valid block, so that the
 * fuzzer gets past the checksums. A finding that depends on another domain must not be proven.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/writer.h"
#include "events/print.h"
#include "pipeline/event_stream.h"
#include "pipeline/pipeline.h"
#include "pipeline/reporting.h"
#include "renderers/trace_state.h"
#include "util/log.h"

#include "wrap.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

/*
 * Writes the input as it is, or wrapped: as records of the lengths that they claim, in a valid
 * block.
 */
static void fill(int fd, const u8 *data, size_t size, bool wrap)
{
	struct capture_writer *writer;

	if (!wrap) {
		if (write(fd, data, size) < 0)
			abort();
		return;
	}
	writer = capture_writer__new(fd);
	capture_writer__fact(writer, 0, "domid", "5");
	wrap__records(writer, data, size);
	capture_writer__free(writer);
}

static FILE *null;

struct lines {
	struct event_lines text;
	struct trace_state trace;
};

static void on_event(void *ctx, const struct event *event)
{
	struct lines *lines = ctx;

	event__print_text(null, &lines->text, event);
	event__print_json(null, event);
	perfetto_renderer.event(null, event, &lines->trace);
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

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	struct pipeline *pipeline = pipeline__new(false);
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct lines *lines = calloc(1, sizeof(*lines));
	struct event_stream *stream = event_stream__new(pipeline, false, on_event, lines);

	if (!null)
		null = fopen("/dev/null", "w");
	log_level = -1;
	if (size)
		fill(fd, data + 1, size - 1, data[0] & 1);
	lseek(fd, 0, SEEK_SET);
	pipeline__add(pipeline, feed__new(fd, "fuzz", DOMID_UNKNOWN));
	pipeline__run(pipeline);
	check(pipeline);
	pipeline__report(pipeline, &text_renderer, null, NULL);
	pipeline__report(pipeline, &json_renderer, null, NULL);
	event_stream__free(stream);
	trace_state__cleanup(&lines->trace);
	free(lines);
	pipeline__free(pipeline);
	return 0;
}
