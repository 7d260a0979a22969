// SPDX-License-Identifier: GPL-2.0
/* Xen's trace as a source of watch. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "util/log.h"
#include "util/warden.h"
#include "watch/watch.h"

/* part of that time for xentrace to write the contents of Xen's buffers */
#define TRACE_GRACE_NS (200 * NSEC_PER_MSEC)
/*
 * When the sources' time is up, xentrace may still be writing the contents of Xen's buffers. A
 * truncated window would be a gap, so its rest is read while it arrives, within the limit of a
 * second.
 */
#define TRACE_MORE_NS  (150 * NSEC_PER_MSEC)
#define TRACE_PAUSE_NS (50 * NSEC_PER_MSEC)
/* Time for xentrace to deliver: Xen allocates its buffers first. */
#define TRACE_START_MS 5000

const char *const trace_wanted_names[] = {
	[TRACE_ON] = "on", [TRACE_OFF] = "off", [TRACE_AUTO] = "auto", NULL};

static const char *trace_path(const struct watch *watch, char *path, size_t size)
{
	snprintf(path, size, "%s/xentrace.bin", watch->cfg->save);
	return path;
}

bool watch__begin_trace(struct watch *watch)
{
	enum trace_wanted wanted = watch->cfg->xentrace;
	char why[160], path[4096];
	const char *obstacle;

	/* An older trace would be taken for this run's. */
	if (watch->cfg->save && watch->cfg->output.force)
		unlink(trace_path(watch, path, sizeof(path)));
	if (wanted == TRACE_OFF || (watch->cfg->no_local && wanted != TRACE_ON))
		return true;
	obstacle = xentrace_child__obstacle(why, sizeof(why));
	if (!obstacle && !xentrace_child__start(&watch->xentrace))
		return true;
	if (wanted == TRACE_ON) {
		pr_err("--xentrace: %s", obstacle ? obstacle : strerror(errno));
		return false;
	}
	/* In a guest a trace is not expected. */
	if (obstacle && xentrace_child__is_dom0())
		pr_info("without Xen's trace: %s", obstacle);
	return true;
}

/* Opens the copy for --save. Returns false after logging the error. */
static bool open_trace_save(struct watch *watch)
{
	char path[4096];
	const struct output_config output = {.path = path, .force = watch->cfg->output.force};

	if (!watch->cfg->save)
		return true;
	trace_path(watch, path, sizeof(path));
	watch->trace->save = output__open(&output);
	if (!watch->trace->save)
		return false;
	setvbuf(watch->trace->save, NULL, _IONBF, 0);
	return true;
}

/* Returns false after logging the error, if the trace is required. */
static bool go_without_trace(struct watch *watch)
{
	bool must = watch->cfg->xentrace == TRACE_ON;
	char why[600];
	const char *reason = xentrace_child__why(&watch->xentrace, why, sizeof(why));

	if (must)
		pr_err("--xentrace: %s", reason);
	else
		pr_info("without Xen's trace: %s", reason);
	close(watch->xentrace.fd);
	xentrace_child__stop(&watch->xentrace);
	return !must;
}

/* The recorder has begun to attach, which takes longer than this. */
bool watch__join_trace(struct watch *watch)
{
	int got;

	if (!watch->xentrace.keeper)
		return true;
	got = xentrace_child__wait(&watch->xentrace, TRACE_START_MS, watch__stop_signals());
	if (got < 0)
		return go_without_trace(watch);
	if (got > 0) {
		/* The loop reads the signal and ends. */
		close(watch->xentrace.fd);
		xentrace_child__leave(&watch->xentrace);
		return true;
	}
	watch->trace = trace__new(watch->xentrace.fd, "xentrace");
	if (!watch->trace || pipeline__add_trace(watch->pipeline, watch->trace)) {
		pr_err("out of memory");
		return false;
	}
	watch->trace_heard = now_mono();
	return open_trace_save(watch);
}

void watch__close_trace_save(struct watch *watch)
{
	if (watch->trace && watch->trace->save && fclose(watch->trace->save))
		pr_warn("cannot write the saved trace: %s", strerror(errno));
	if (watch->trace)
		watch->trace->save = NULL;
}

void watch__read_trace(struct watch *watch)
{
	char why[600];

	if (!watch->trace)
		return;
	if (trace__fill(watch->trace) > 0)
		watch->trace_heard = now_mono();
	if (watch->trace->eof && !watch->ending)
		pr_warn("xentrace has ended: %s; going on without it",
			xentrace_child__why(&watch->xentrace, why, sizeof(why)));
}

bool watch__trace_flows(const struct watch *watch)
{
	return now_mono() < watch->end_at + TRACE_MORE_NS &&
	       now_mono() - watch->trace_heard < TRACE_PAUSE_NS;
}

void watch__end_trace(struct watch *watch)
{
	bool local_ends = watch->local < 0 ||
			  pipeline__source_state(watch->pipeline, (u32)watch->local).eof ||
			  now_mono() + TRACE_GRACE_NS >= watch->end_at;

	if (!watch->ending || !watch->trace || watch->trace_ending || !local_ends)
		return;
	watch->trace_ending = true;
	warden__ask(WARDEN_END_TRACE, NULL);
}
