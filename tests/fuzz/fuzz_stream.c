// SPDX-License-Identifier: GPL-2.0
/*
 * libFuzzer target: any bytes as the live stream of a third domain, in pieces, beside two valid
 * captures with a race (case stale-map-armed). The race must stay proven.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "capture/text.h"
#include "capture/writer.h"
#include "pipeline/pipeline.h"
#include "pipeline/reporting.h"
#include "util/log.h"

#include "render.h"
#include "wrap.h"

#define LIAR 7

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);

struct packed {
	u8 *bytes;
	size_t size;
};

static struct packed honest[2];

static struct packed load(const char *path)
{
	int fd = memfd_create("packed", MFD_CLOEXEC);
	struct capture_writer *writer = capture_writer__new(fd);
	FILE *in = fopen(path, "r");
	struct packed packed;

	if (!in) {
		fprintf(stderr, "%s: run it at the top of the tree\n", path);
		exit(1);
	}
	if (!writer || text__pack(in, path, writer))
		abort();
	packed.size = (size_t)capture_writer__bytes(writer);
	packed.bytes = malloc(packed.size);
	if (pread(fd, packed.bytes, packed.size, 0) != (ssize_t)packed.size)
		abort();
	capture_writer__free(writer);
	fclose(in);
	close(fd);
	return packed;
}

/* Adds a feed that reads from a pipe. Returns the pipe's write end. */
static int add(struct pipeline *pipeline, u16 domid, bool guest)
{
	int fds[2];
	struct feed *feed;

	if (pipe2(fds, O_CLOEXEC | O_NONBLOCK))
		abort();
	feed = feed__new(fds[0], "fuzz", domid);
	feed->guest = guest;
	if (pipeline__add(pipeline, feed))
		abort();
	return fds[1];
}

/* One round, as in watch. */
static int run(struct pipeline *pipeline)
{
	u32 i;
	int status;

	for (i = 0; i < pipeline->nr_feeds; i++)
		if (capture_stream__has_room(&pipeline->feeds[i]->stream))
			capture_stream__fill_some(&pipeline->feeds[i]->stream, 65536);
	status = pipeline__run(pipeline);
	if (status < 0)
		abort();
	return status;
}

/* Writes @data until the pipe is full: the source waits for others, or was refused. */
static void put(struct pipeline *pipeline, int fd, const u8 *data, size_t size)
{
	ssize_t n;

	while (size && (n = write(fd, data, size)) > 0) {
		data += n;
		size -= (size_t)n;
		run(pipeline);
	}
}

static void finish(struct pipeline *pipeline)
{
	unsigned int rounds = 0;

	while (run(pipeline) != MERGE_DONE)
		if (++rounds == 100000)
			abort();
}

static void check(const struct pipeline *pipeline)
{
	const struct findings *findings = rules__findings(pipeline->rules);
	u32 i, races = 0;

	for (i = 0; i < findings->nr; i++) {
		const struct finding *finding = findings->item[i];

		if (finding->gone || finding->class != CLASS_STALE_MAP || finding->granter != 5 ||
		    finding->mapper != 0)
			continue;
		races += finding->certainty == CERTAINTY_PROVEN && finding->ref == 80;
	}
	if (races != 1)
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	const struct renderer *renderer = render__choose(size ? data[0] : RENDER_NOTHING);
	struct pipeline *pipeline = pipeline__new(true);
	static FILE *null;
	size_t len = 0, half;
	u8 *bytes = NULL;
	int fd[3];

	log_level = -1;
	if (!null) {
		null = fopen("/dev/null", "w");
		honest[0] = load("tests/cases/stale-map-armed/d0.txt");
		honest[1] = load("tests/cases/stale-map-armed/d5.txt");
	}
	fd[0] = add(pipeline, 0, false);
	fd[1] = add(pipeline, 5, true);
	fd[2] = add(pipeline, LIAR, true);
	if (size && data[0] & 1)
		bytes = wrap__capture(data + 1, size - 1, &len);
	half = (bytes ? len : size) / 2;
	put(pipeline, fd[2], bytes ? bytes : data + !!size, half);
	put(pipeline, fd[0], honest[0].bytes, honest[0].size);
	put(pipeline, fd[1], honest[1].bytes, honest[1].size);
	put(pipeline, fd[2], (bytes ? bytes : data + !!size) + half,
	    (bytes ? len : size - !!size) - half);
	close(fd[0]);
	close(fd[1]);
	close(fd[2]);
	finish(pipeline);
	check(pipeline);
	if (renderer)
		pipeline__report(pipeline, renderer, null, NULL);
	pipeline__free(pipeline);
	free(bytes);
	return 0;
}
