// SPDX-License-Identifier: GPL-2.0
/* Wait, read, judge, show; who is no longer waited for; and the end. */
#include <errno.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "util/log.h"
#include "util/warden.h"
#include "watch/watch.h"

/* A source that says nothing for this long no longer holds the others back. */
#define STALL_NS (5 * NSEC_PER_SEC)
#define QUIET_NS (1500 * NSEC_PER_MSEC) /* recorders write every 100 ms, even when nothing happens */
/* Until its first block a source may be attaching, or a guest may be starting. */
#define START_NS (120 * NSEC_PER_SEC)
/* How long sources have to end by themselves after SIGTERM; the contract allows a second. */
#define GRACE_NS (700 * NSEC_PER_MSEC)

static void check_ready(struct watch *watch)
{
	u32 i;

	if (watch->ready)
		return;
	for (i = 0; i < watch->nr; i++)
		if (!watch->source[i].feed->stream.blocks && !watch->source[i].feed->done)
			return;
	watch->ready = true;
	pr_info("watching %u domain%s", watch->nr, watch->nr == 1 ? "" : "s");
	warden__ask(WARDEN_READY, NULL);
}

static void check_stalls(struct watch *watch)
{
	u64 now = now_mono();
	u32 i;

	if (watch->trace && !watch->trace->eof && now - watch->trace_heard > STALL_NS) {
		pr_warn("xentrace: silent for %u seconds, going on without it",
			(u32)(STALL_NS / NSEC_PER_SEC));
		watch->trace->given_up = watch->trace->eof = true;
		warden__ask(WARDEN_END_TRACE, NULL);
	}
	for (i = 0; i < watch->nr; i++) {
		struct source *source = &watch->source[i];

		u64 limit = source->feed->stream.blocks ? STALL_NS : START_NS;

		if (source->feed->done || source->feed->stalled || now - source->last_heard < limit)
			continue;
		pr_warn("%s: silent for %u seconds, going on without it", source->feed->name,
			(u32)(limit / NSEC_PER_SEC));
		source->feed->stalled = true;
		source->feed->has_stalled = true;
	}
}

static void begin_end(struct watch *watch)
{
	u32 i;

	if (watch->ending)
		return;
	watch->ending = true;
	watch->end_at = now_mono() + GRACE_NS;
	for (i = 0; i < watch->nr; i++) {
		struct source *source = &watch->source[i];

		/* A recorder is never silent for so long: this one died, or its domain did. */
		source->feed->stopped = !source->feed->stream.eof &&
					now_mono() - source->last_heard < QUIET_NS;
	}
	warden__ask(WARDEN_END_SOURCES, NULL);
}

/* One round of waiting and reading. Returns false when all is read. */
static int watch_round(struct watch *watch, int sigfd, u64 deadline)
{
	struct pollfd fds[MERGE_MAX_FEEDS + 2];
	u32 i, n = 0;
	int status;

	for (i = 0; i < watch->nr; i++) {
		fds[n].fd = watch->source[i].feed->stream.eof ? -1 : watch->source[i].child.fd;
		fds[n++].events = POLLIN;
	}
	fds[n].fd = watch->ending ? -1 : sigfd;
	fds[n].events = POLLIN;
	fds[n + 1].fd = watch->trace && !watch->trace->eof ? watch->trace->fd : -1;
	fds[n + 1].events = POLLIN;
	if (poll(fds, n + 2, 100) < 0 && errno != EINTR)
		return -errno;
	if (fds[n + 1].fd >= 0 && fds[n + 1].revents)
		watch__read_trace(watch);
	for (i = 0; i < watch->nr; i++)
		if (fds[i].fd >= 0 && fds[i].revents)
			watch__read_source(watch, &watch->source[i]);
	if ((fds[n].fd >= 0 && fds[n].revents) || (deadline && now_mono() >= deadline))
		begin_end(watch);
	watch__end_trace(watch);
	if (watch->ending && now_mono() >= watch->end_at) {
		for (i = 0; i < watch->nr; i++)
			watch->source[i].feed->stream.eof = true;
		if (watch->trace)
			watch->trace->eof = true;
	}
	check_stalls(watch);
	status = pipeline__run(watch->pipeline);
	log_tails__poll(&watch->logs, watch->pipeline, now_mono());
	check_ready(watch);
	watch__show(watch);
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
