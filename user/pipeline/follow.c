// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "pipeline/follow.h"
#include "pipeline/segments.h"
#include "pipeline/source.h"
#include "util/log.h"
#include "util/monotonic.h"
#include "util/warden.h"

#define PACE_NS	  (100 * NSEC_PER_MSEC) /* pace of recorders' writes */
#define SILENT_NS (10 * NSEC_PER_SEC)	/* time without growth after which a capture is stalled */
/* time after an ended capture in which the next one must appear */
#define NEXT_NS (2 * NSEC_PER_SEC)

struct follow {
	struct pipeline *pipeline;
	const volatile int *stop;
	u64 grown[MERGE_MAX_FEEDS];   /* CLOCK_MONOTONIC of the last growth, ns */
	u64 ended[MERGE_MAX_FEEDS];   /* CLOCK_MONOTONIC of the recorder's end, ns, 0 not yet */
	int next_fd[MERGE_MAX_FEEDS]; /* the next file, which does not record yet, -1 none */
};

int follow__reopen(const char *path, u64 *dev, u64 *ino)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st) && S_ISREG(st.st_mode) && (st.st_dev != *dev || st.st_ino != *ino)) {
		*dev = st.st_dev;
		*ino = st.st_ino;
		return fd;
	}
	close(fd);
	return -EAGAIN;
}

/* Looks for a new file with the name of capture @i. Returns true if the feed continues with it. */
static bool find_next(struct follow *follow, u32 i)
{
	struct feed *feed = follow->pipeline->feeds[i];
	char name[16];
	int found;

	if (follow->next_fd[i] < 0) {
		snprintf(name, sizeof(name), "%u", feed->input);
		follow->next_fd[i] = warden__ask(WARDEN_CAPTURE, name);
	}
	if (follow->next_fd[i] < 0)
		return false;
	found = segments__append(feed, follow->next_fd[i]);
	if (found)
		follow->next_fd[i] = -1;
	return found > 0;
}

/* Whether capture @i is complete. */
static bool is_over(struct follow *follow, u32 i)
{
	struct feed *feed = follow->pipeline->feeds[i];

	if (feed__has_more(feed))
		return true;
	if (!feed->ended)
		return false;
	if (!follow->ended[i])
		follow->ended[i] = now_mono();
	if (find_next(follow, i)) {
		follow->ended[i] = 0;
		return true;
	}
	/* The next recorder is attaching its probes. */
	return follow->next_fd[i] < 0 && now_mono() - follow->ended[i] > NEXT_NS;
}

static void set_stall(struct follow *follow, u32 i, bool grew)
{
	struct feed *feed = follow->pipeline->feeds[i];

	if (grew) {
		follow->grown[i] = now_mono();
		pipeline__source_stall(follow->pipeline, i, FEED_KEPT_UP);
	} else if (!feed->stalled && !feed->done && follow->pipeline->nr_feeds > 1 &&
		   now_mono() - follow->grown[i] > SILENT_NS) {
		pr_warn("%s: does not grow, the others are printed without it", feed->name);
		pipeline__source_stall(follow->pipeline, i, FEED_SILENT);
	}
}

/* Returns whether it read something. */
static bool read_more(struct follow *follow, u32 i)
{
	struct capture_stream *stream = &follow->pipeline->feeds[i]->stream;
	bool grew = false;
	int n = 1;

	if (stream->eof)
		return false;
	while (n > 0 && capture_stream__has_room(stream)) {
		n = capture_stream__fill(stream);
		grew |= n > 0;
	}
	if (!n)
		stream->eof = is_over(follow, i);
	set_stall(follow, i, grew);
	/* The next file may already be there. */
	return grew || stream->eof;
}

static void end_all(struct follow *follow)
{
	u32 i;

	for (i = 0; i < follow->pipeline->nr_feeds; i++) {
		pipeline__source_stop(follow->pipeline, i, true);
		pipeline__source_give_up(follow->pipeline, i);
	}
}

static int run(struct follow *follow, FILE *out)
{
	const struct timespec pace = {0, PACE_NS};
	bool grew = true;
	u32 i;
	int status;

	while ((status = pipeline__run(follow->pipeline)) == MERGE_WAIT) {
		if (pipeline__awaits_clocks(follow->pipeline) && !grew)
			pipeline__derive_clocks(follow->pipeline);
		if (!grew) {
			fflush(out);
			nanosleep(&pace, NULL);
		}
		if (*follow->stop)
			end_all(follow);
		grew = false;
		for (i = 0; i < follow->pipeline->nr_feeds; i++)
			grew |= read_more(follow, i);
	}
	return status;
}

int follow__run(struct pipeline *pipeline, const volatile int *stop, FILE *out)
{
	struct follow follow = {.pipeline = pipeline, .stop = stop};
	u32 i;
	int status;

	for (i = 0; i < MERGE_MAX_FEEDS; i++) {
		follow.grown[i] = now_mono();
		follow.next_fd[i] = -1;
	}
	status = run(&follow, out);
	for (i = 0; i < MERGE_MAX_FEEDS; i++)
		if (follow.next_fd[i] >= 0)
			close(follow.next_fd[i]);
	if (status >= 0)
		return 0;
	pr_err("out of memory");
	return -1;
}
