// SPDX-License-Identifier: GPL-2.0
/* The capture streams of watch: child processes, and copies of their output on disk. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "record/tier.h"
#include "util/log.h"
#include "watch/watch.h"

/* Opens the copy for --save. Returns 0, or -1 after logging the error. */
static int open_save(struct source *source, const struct watch_config *cfg, u16 domid)
{
	char path[4096];
	const struct output_config output = {.path = path, .force = cfg->output.force};

	if (!cfg->save)
		return 0;
	if (domid == DOMID_UNKNOWN)
		snprintf(path, sizeof(path), "%s/local.gwc", cfg->save);
	else
		snprintf(path, sizeof(path), "%s/d%u.gwc", cfg->save, domid);
	source->save = output__open(&output);
	if (!source->save)
		return -1;
	/* unbuffered: the disk has all that was read even if this process is killed */
	setvbuf(source->save, NULL, _IONBF, 0);
	return 0;
}

/* Two streams for one domain would contradict each other. */
static bool is_given(const struct watch *watch, u16 domid)
{
	u32 i;

	for (i = 0; i < watch->nr; i++)
		if (domid != DOMID_UNKNOWN &&
		    pipeline__source_state(watch->pipeline, i).domid == domid)
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
	if (pipeline__add_source(watch->pipeline, source->child.fd, name, domid, qube)) {
		pr_err("out of memory");
		return -1;
	}
	source->started = source->last_heard = now_mono();
	watch->nr++;
	return open_save(source, watch->cfg, domid);
}

int watch__add_local(struct watch *watch)
{
	char size[16];
	char *argv[11] = {"/proc/self/exe", "record", "-q", "-o", "-"};
	unsigned int n = 5;

	snprintf(size, sizeof(size), "%u", watch->cfg->ring_size);
	if (watch->cfg->ring_size) {
		argv[n++] = "--ring-size";
		argv[n++] = size;
	}
	argv[n++] = "--tier";
	argv[n++] = (char *)tier__name(watch->cfg->tier);
	/* It begins after the others: earlier maps could not be judged. */
	if (watch->nr)
		argv[n++] = "--hold";
	else
		watch->begun = true;
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
		pr_err("--source takes DOMID=CMD, for example 5='ssh root@guest grantwatch record -o -', not '%s'",
		       spec);
		return -1;
	}
	argv = child__split(end + 1);
	if (!argv) {
		pr_err("--source %s: %s", spec,
		       errno == ENOMEM ? "out of memory"
				       : "quotes do not match, or there is no command");
		return -1;
	}
	snprintf(name, sizeof(name), "source of d%lu", domid);
	err = watch__add_source(watch, name, (u16)domid, argv, NULL);
	child__free_words(argv);
	return err;
}

static void save_bytes(struct source *source, const void *bytes, size_t n)
{
	if (source->save && fwrite(bytes, 1, n, source->save) != n) {
		pr_warn("cannot write a saved capture: %s; it is truncated here", strerror(errno));
		fclose(source->save);
		source->save = NULL;
	}
}

void watch__read_source(struct watch *watch, u32 i, size_t most)
{
	struct source *source = &watch->source[i];
	const void *bytes;
	int n = pipeline__source_read(watch->pipeline, i, most, &bytes);

	if (n > 0) {
		save_bytes(source, bytes, (size_t)n);
		monitor__take(watch->monitor, i, bytes, (size_t)n);
		watch__charge(watch, i, (size_t)n);
		source->last_heard = now_mono();
		if (watch->ending)
			pipeline__source_stop(watch->pipeline, i, true);
	}
}

static void close_save(struct watch *watch, u32 i)
{
	struct source *source = &watch->source[i];
	int err;

	if (!source->save)
		return;
	err = fflush(source->save)
		      ? -errno
		      : pipeline__source_end_copy(watch->pipeline, i, fileno(source->save));
	if (fclose(source->save))
		err = -errno;
	source->save = NULL;
	if (err)
		pr_warn("%s: cannot write the saved capture: %s",
			pipeline__source_state(watch->pipeline, i).name, strerror(-err));
}

void watch__close_saves(struct watch *watch)
{
	u32 i;

	for (i = 0; i < watch->nr; i++)
		close_save(watch, i);
	watch__close_trace_save(watch);
}

void watch__signal_sources(struct watch *watch, int sig)
{
	u32 i;

	for (i = 0; i < watch->nr; i++)
		child__signal(&watch->source[i].child, sig);
}

void watch__begin_local(struct watch *watch)
{
	if (watch->local >= 0)
		child__signal(&watch->source[watch->local].child, SIGUSR1);
}

int watch__stop_sources(struct watch *watch)
{
	int status, local = -1;
	u32 i;

	watch__signal_sources(watch, SIGTERM);
	for (i = 0; i < watch->nr; i++) {
		status = child__stop(&watch->source[i].child);
		if ((int)i == watch->local)
			local = status;
	}
	xentrace_child__stop(&watch->xentrace);
	return local;
}
