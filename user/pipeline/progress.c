// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "pipeline/progress.h"
#include "util/monotonic.h"
#include "util/terminal.h"

#define FIRST NSEC_PER_SEC
#define AGAIN (200 * NSEC_PER_MSEC)
/* clears the terminal's line */
#define CLEAR "\r\033[K"

static u64 bytes_there(const struct pipeline *pipeline)
{
	struct stat st;
	u64 total = 0;
	u32 i;

	for (i = 0; i < pipeline->nr_feeds; i++) {
		if (fstat(pipeline->feeds[i]->stream.fd, &st) || !S_ISREG(st.st_mode))
			return 0;
		total += (u64)st.st_size;
	}
	return total;
}

static u64 bytes_read(const struct pipeline *pipeline)
{
	u64 bytes = 0;
	u32 i;

	for (i = 0; i < pipeline->nr_feeds; i++)
		bytes += pipeline->feeds[i]->stream.bytes;
	return bytes;
}

static void on_event(void *ctx, const struct merge_event *event)
{
	struct progress *progress = ctx;
	u64 at, done;

	/* Each block of a file has a mark. */
	if (event->rec)
		return;
	at = now_mono();
	if (at < progress->next)
		return;
	progress->next = at + AGAIN;
	progress->shown = true;
	/* A file may grow while it is read. */
	done = min(bytes_read(progress->pipeline), progress->total);
	fprintf(stderr, CLEAR "%llu %% of %llu MB",
		(unsigned long long)(done * 100 / progress->total),
		(unsigned long long)(progress->total / 1000000));
	fflush(stderr);
}

void progress__begin(struct progress *progress, struct pipeline *pipeline)
{
	*progress = (struct progress){.pipeline = pipeline, .next = now_mono() + FIRST};
	if (!terminal__progress(STDERR_FILENO))
		return;
	progress->total = bytes_there(pipeline);
	if (progress->total)
		pipeline__observe(pipeline, on_event, progress);
}

void progress__end(struct progress *progress)
{
	if (!progress->shown)
		return;
	fputs(CLEAR, stderr);
	fflush(stderr);
	progress->shown = false;
}
