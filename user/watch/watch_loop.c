// SPDX-License-Identifier: GPL-2.0
/* Wait, read, judge, show. */
#include <errno.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "util/log.h"
#include "util/warden.h"
#include "watch/watch.h"

/* time without data after which a source does not delay the local recorder */
#define AWAIT_NS (20 * NSEC_PER_SEC)

static bool is_awaited(const struct watch *watch, u32 i)
{
	struct source_state state = pipeline__source_state(watch->pipeline, i);

	if ((int)i == watch->local || state.recording || state.eof || state.stalled ||
	    state.unusable)
		return false;
	return state.attaching || now_mono() - watch->source[i].started < AWAIT_NS;
}

/*
 * Lets the local recorder begin once every other domain is recorded. Earlier maps of this domain's
 * processes could not be judged, and the transport of a stream maps pages itself.
 */
static void check_begin(struct watch *watch)
{
	u32 i;

	if (watch->begun || watch->local < 0 ||
	    !pipeline__source_state(watch->pipeline, (u32)watch->local).attaching)
		return;
	for (i = 0; i < watch->nr; i++)
		if (is_awaited(watch, i))
			return;
	watch->begun = true;
	watch->source[watch->local].started = now_mono();
	warden__ask(WARDEN_BEGIN, NULL);
	for (i = 0; i < watch->nr; i++) {
		struct source_state state = pipeline__source_state(watch->pipeline, i);

		if ((int)i != watch->local && !state.recording && !state.eof)
			pr_info("%s: no data yet, going on", state.name);
	}
}

/* Who waits for --ready-file would wait for ever. */
static void give_up_waiting(struct watch *watch, const char *source)
{
	if (!watch->cfg->ready_file)
		return;
	pr_err("%s has ended before it recorded anything", source);
	watch__begin_end(watch);
}

static void check_ready(struct watch *watch)
{
	u32 i;

	if (watch->ready || watch->ending)
		return;
	for (i = 0; i < watch->nr; i++) {
		struct source_state state = pipeline__source_state(watch->pipeline, i);

		if (state.recording || (state.done && state.blocks))
			continue;
		if (state.done)
			give_up_waiting(watch, state.name);
		return;
	}
	watch->ready = true;
	pr_info("watching %u domain%s", watch->nr, watch->nr == 1 ? "" : "s");
	warden__ask(WARDEN_READY, NULL);
}

/* duration of a round in which no source may be read, for lack of room or by the rate limit */
#define ROUND_MS 100

/* Sets the sources that may be read, and how many bytes, in @most. */
static void ask_sources(struct watch *watch, struct pollfd *fds, size_t *most)
{
	u32 i;

	for (i = 0; i < watch->nr; i++) {
		struct source_state state = pipeline__source_state(watch->pipeline, i);

		most[i] = !state.eof && state.has_room ? watch__rate_limit(watch, i) : 0;
		fds[i].fd = most[i] ? watch->source[i].child.fd : -1;
		fds[i].events = POLLIN;
		/* A source that has to wait is not silent. */
		if (!most[i])
			watch->source[i].last_heard = now_mono();
	}
}

/* Waits for data, at most for a round. Returns 0 or -errno. */
static int wait_for_data(struct watch *watch, struct pollfd *fds, u32 nr)
{
	u64 since = now_mono();

	if (poll(fds, nr, ROUND_MS) < 0 && errno != EINTR)
		return -errno;
	watch->polled = now_mono();
	/* A longer time passed without this process: it was stopped, or had no CPU. */
	watch->idle = min(watch->polled - since, ROUND_MS * NSEC_PER_MSEC);
	return 0;
}

/* Reads each source once, starting with another one each time, so that none is always last. */
static void read_sources(struct watch *watch, const struct pollfd *fds, const size_t *most)
{
	u32 n, i;

	for (n = 0; n < watch->nr; n++) {
		i = watch->turn + n < watch->nr ? watch->turn + n : watch->turn + n - watch->nr;
		if (fds[i].fd >= 0 && fds[i].revents)
			watch__read_source(watch, i, most[i]);
	}
	watch->turn = watch->turn + 1 < watch->nr ? watch->turn + 1 : 0;
}

/* Waits and reads once. Returns false when all is read. */
static int watch_round(struct watch *watch, int sigfd, u64 deadline)
{
	struct pollfd fds[MERGE_MAX_FEEDS + 2];
	size_t most[MERGE_MAX_FEEDS];
	u32 n = watch->nr;
	int status;

	ask_sources(watch, fds, most);
	fds[n].fd = watch->ending ? -1 : sigfd;
	fds[n].events = POLLIN;
	fds[n + 1].fd = watch->trace && !watch->trace->eof ? watch->trace->fd : -1;
	fds[n + 1].events = POLLIN;
	status = wait_for_data(watch, fds, n + 2);
	if (status)
		return status;
	if (fds[n + 1].fd >= 0 && fds[n + 1].revents)
		watch__read_trace(watch);
	read_sources(watch, fds, most);
	if ((fds[n].fd >= 0 && fds[n].revents) || (deadline && now_mono() >= deadline))
		watch__begin_end(watch);
	watch__go_on_ending(watch);
	status = pipeline__run(watch->pipeline);
	watch__check_stalls(watch);
	log_tails__poll(&watch->logs, watch->pipeline, now_mono());
	check_begin(watch);
	check_ready(watch);
	watch__show_alerts(watch);
	monitor__tick(watch->monitor);
	return status;
}

const sigset_t *watch__stop_signals(void)
{
	static sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	return &set;
}

int watch__loop(struct watch *watch)
{
	u64 deadline = watch->cfg->duration ? now_mono() + watch->cfg->duration * NSEC_PER_SEC : 0;
	int status, sigfd = signalfd(-1, watch__stop_signals(), SFD_CLOEXEC | SFD_NONBLOCK);

	if (sigfd < 0)
		return -errno;
	do {
		status = watch_round(watch, sigfd, deadline);
	} while (status == MERGE_WAIT);
	close(sigfd);
	return status;
}
