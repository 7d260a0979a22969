// SPDX-License-Identifier: GPL-2.0
/* The capture streams that watch reads: children of its own, and what is kept of them on disk. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/writer.h"
#include "sources/tier.h"
#include "util/log.h"
#include "watch/watch.h"

static FILE *open_save(const struct watch_config *cfg, u16 domid)
{
	char path[4096];
	FILE *file;

	if (!cfg->save)
		return NULL;
	if (domid == DOMID_UNKNOWN)
		snprintf(path, sizeof(path), "%s/local.gwc", cfg->save);
	else
		snprintf(path, sizeof(path), "%s/d%u.gwc", cfg->save, domid);
	file = fopen(path, "we");
	if (!file)
		pr_warn("%s: %s; this capture is not kept", path, strerror(errno));
	else
		/* what was read is on disk, whatever becomes of us */
		setvbuf(file, NULL, _IONBF, 0);
	return file;
}

/* Two streams that speak for one domain would contradict each other. */
static bool is_given(const struct watch *watch, u16 domid)
{
	u32 i;

	for (i = 0; i < watch->nr; i++)
		if (domid != DOMID_UNKNOWN && watch->source[i].feed->domid == domid)
			return true;
	return false;
}

int watch__add_source(struct watch *watch, const char *name, u16 domid, char *const argv[],
		      const char *qube)
{
	struct source *source = &watch->source[watch->nr];
	int err;

	if (is_given(watch, domid)) {
		pr_err("d%u is given twice (--source, --vm)", domid);
		return -1;
	}
	if (watch->nr == MERGE_MAX_FEEDS) {
		pr_err("too many sources (%u at most)", MERGE_MAX_FEEDS);
		return -1;
	}
	err = child__start(&source->child, argv);
	if (err) {
		pr_err("cannot start '%s': %s", argv[0], strerror(-err));
		return -1;
	}
	source->feed = feed__new(source->child.fd, name, domid);
	if (!source->feed || pipeline__add(watch->pipeline, source->feed)) {
		pr_err("out of memory");
		return -1;
	}
	if (qube)
		snprintf(source->feed->qube, sizeof(source->feed->qube), "%s", qube);
	source->save = open_save(watch->cfg, domid);
	source->started = source->last_heard = now_mono();
	source->feed->guest = domid != DOMID_UNKNOWN;
	watch->nr++;
	return 0;
}

int watch__add_local(struct watch *watch)
{
	char size[16], tier[16];
	enum tier known;
	char *argv[10] = {"/proc/self/exe", "record", "-q", "-o", "-"};
	unsigned int n = 5;

	snprintf(size, sizeof(size), "%u", watch->cfg->ring_size);
	if (watch->cfg->ring_size) {
		argv[n++] = "--ring-size";
		argv[n++] = size;
	}
	snprintf(tier, sizeof(tier), "%s", watch->cfg->tier);
	if (!tier__parse(tier, &known)) {
		pr_err("--tier takes auto, btf or kprobe, not '%s'", watch->cfg->tier);
		return -1;
	}
	argv[n++] = "--tier";
	argv[n++] = tier;
	watch->local = (int)watch->nr;
	return watch__add_source(watch, "local recorder", DOMID_UNKNOWN, argv, NULL);
}

int watch__add_remote(struct watch *watch, const char *spec)
{
	char name[48];
	char *end, **argv;
	unsigned long domid = strtoul(spec, &end, 10);
	int err;

	if (end == spec || *end != '=' || !end[1] || domid >= DOMID_FIRST_RESERVED) {
		pr_err("--source takes DOMID=CMD, for example 5='xl console gwrec', not '%s'",
		       spec);
		return -1;
	}
	argv = child__split(end + 1);
	if (!argv) {
		pr_err("--source %s: quotes do not match, or there is no command", spec);
		return -1;
	}
	snprintf(name, sizeof(name), "source of d%lu", domid);
	err = watch__add_source(watch, name, (u16)domid, argv, NULL);
	child__free_words(argv);
	return err;
}

static void save_bytes(struct source *source, int n)
{
	const struct capture_stream *stream = &source->feed->stream;

	if (source->save && n > 0 &&
	    fwrite(stream->buf + stream->end - n, 1, (size_t)n, source->save) != (size_t)n) {
		pr_warn("cannot write a saved capture: %s; it ends here", strerror(errno));
		fclose(source->save);
		source->save = NULL;
	}
}

void watch__read_source(struct watch *watch, struct source *source, size_t most)
{
	int n = capture_stream__fill_some(&source->feed->stream, most);

	if (n > 0) {
		save_bytes(source, n);
		monitor__take(watch->monitor, (u32)(source - watch->source), source->feed, n);
		watch__charge(source, (size_t)n);
		source->last_heard = now_mono();
		if (watch->ending)
			source->feed->stopped = true;
	}
}

/*
 * A stream that we ended ourselves has no end record: its recorder, in another domain, only saw the
 * pipe close. Cut the saved file behind the last whole block and say there what we know.
 */
static int save_end(struct source *source)
{
	const struct feed *feed = source->feed;
	struct rec_end end = {.h.type = REC_END,
			      .time = feed->stream.watermark,
			      .events = feed->events,
			      .lost = feed->lost};
	struct capture_writer *writer;
	int err;

	if (fflush(source->save) ||
	    ftruncate(fileno(source->save),
		      (off_t)(feed->stream.bytes - capture_stream__tail(&feed->stream))) ||
	    fseek(source->save, 0, SEEK_END))
		return -errno;
	writer = capture_writer__append(fileno(source->save), feed->stream.reader.next_seq);
	if (!writer)
		return -ENOMEM;
	err = capture_writer__add(writer, &end, sizeof(end), NULL, 0);
	if (!err)
		err = capture_writer__flush(writer, end.time);
	capture_writer__free(writer);
	return err;
}

static void close_save(struct source *source)
{
	int err = 0;

	if (!source->save)
		return;
	if (source->feed->stopped && !source->feed->ended)
		err = save_end(source);
	if (fclose(source->save))
		err = -errno;
	source->save = NULL;
	if (err)
		pr_warn("%s: cannot write the saved capture: %s", source->feed->name,
			strerror(-err));
}

void watch__close_saves(struct watch *watch)
{
	u32 i;

	for (i = 0; i < watch->nr; i++)
		close_save(&watch->source[i]);
	watch__close_trace_save(watch);
}

void watch__signal_sources(struct watch *watch, int sig)
{
	u32 i;

	for (i = 0; i < watch->nr; i++)
		child__signal(&watch->source[i].child, sig);
}

void watch__stop_sources(struct watch *watch)
{
	u32 i;

	watch__signal_sources(watch, SIGTERM);
	for (i = 0; i < watch->nr; i++)
		child__stop(&watch->source[i].child);
	tracer__stop(&watch->tracer);
}
