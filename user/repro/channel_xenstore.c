// SPDX-License-Identifier: GPL-2.0
/*
 * Two mailboxes in xenstore: PATH/granter/N and PATH/mapper/N have what that side sent. The reader
 * removes what it has read. N counts up from the time at which the writer began, so a new run never
 * reuses the name of an entry that the reader is about to remove.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <xenstore.h>

#include "repro/channel.h"
#include "util/log.h"
#include "util/monotonic.h"

/* Twenty digits hold any u64 and sort as text. */
#define NUMBER_FMT "%020" PRIu64
#define NUMBER_LEN 20
#define PATH_LEN   512

struct xs_channel {
	struct channel base;
	struct xs_handle *xs;
	/*
	 * A process that waits for the watch and writes to @bell: libxenstore.a is built without
	 * threads. Its xs_fileno() shows nothing, and requests fail if an event comes before their
	 * reply.
	 */
	int watcher;
	int bell; /* eventfd: the inbox has changed */
	u64 next;
	char inbox[PATH_LEN];
	char outbox[PATH_LEN];
};

static int xs_chan_send(struct channel *base, const char *line)
{
	struct xs_channel *channel = (struct xs_channel *)base;
	char path[PATH_LEN + NUMBER_LEN + 2];

	snprintf(path, sizeof(path), "%s/" NUMBER_FMT, channel->outbox, channel->next++);
	return xs_write(channel->xs, XBT_NULL, path, line, (unsigned int)strlen(line)) ? 0 : -errno;
}

/* Finds the name of the oldest entry in the inbox, "" if there is none. */
static void find_oldest(struct xs_channel *channel, char *name)
{
	unsigned int i, n = 0;
	char **list = xs_directory(channel->xs, XBT_NULL, channel->inbox, &n);

	*name = '\0';
	for (i = 0; list && i < n; i++) {
		if (strlen(list[i]) != NUMBER_LEN || strspn(list[i], "0123456789") != NUMBER_LEN)
			continue;
		if (!*name || strcmp(list[i], name) < 0)
			memcpy(name, list[i], NUMBER_LEN + 1);
	}
	free(list);
}

static bool take_oldest(struct xs_channel *channel, char *line, size_t size)
{
	char path[PATH_LEN + NUMBER_LEN + 2], name[NUMBER_LEN + 1];
	unsigned int len = 0;
	char *value;

	find_oldest(channel, name);
	if (!*name)
		return false;
	snprintf(path, sizeof(path), "%s/%s", channel->inbox, name);
	value = xs_read(channel->xs, XBT_NULL, path, &len);
	xs_rm(channel->xs, XBT_NULL, path);
	if (!value)
		return false;
	/* A longer value is no message. */
	len = len < size ? len : 0;
	memcpy(line, value, len);
	line[len] = '\0';
	free(value);
	return true;
}

/*
 * In a guest the kernel may pass the watch's first event before the reply to the request.
 * libxenstore.a then fails for good, so a new connection is tried.
 */
static struct xs_handle *set_watch(const char *path)
{
	struct xs_handle *xs;
	int tries;

	for (tries = 0; tries < 50; tries++) {
		xs = xs_open(0);
		if (!xs)
			return NULL;
		if (xs_watch(xs, path, "inbox"))
			return xs;
		xs_close(xs);
		repro__sleep_until(now_mono() + NSEC_PER_MSEC);
	}
	return NULL;
}

/*
 * Signals the bell for each event. The first event comes with the watch itself, so none is missed.
 */
static void watch_inbox(const struct xs_channel *channel)
{
	struct xs_handle *xs = set_watch(channel->inbox);
	unsigned int n;
	char **event;

	while (xs && (event = xs_read_watch(xs, &n))) {
		free(event);
		eventfd_write(channel->bell, 1);
	}
	_exit(0);
}

static int xs_chan_receive(struct channel *base, char *line, size_t size, u64 deadline)
{
	struct xs_channel *channel = (struct xs_channel *)base;
	struct pollfd pfd = {.fd = channel->bell, .events = POLLIN};
	eventfd_t rings;

	while (!take_oldest(channel, line, size)) {
		u64 now = now_mono();

		if (now >= deadline)
			return -ETIMEDOUT;
		/* At most a second: without a watch the exchange only gets slower. */
		if (poll(&pfd, 1, (int)min((deadline - now) / NSEC_PER_MSEC + 1, (u64)1000)) > 0)
			eventfd_read(channel->bell, &rings);
	}
	return 0;
}

static void xs_chan_close(struct channel *base)
{
	struct xs_channel *channel = (struct xs_channel *)base;

	if (channel->watcher > 0) {
		kill(channel->watcher, SIGKILL);
		waitpid(channel->watcher, NULL, 0);
	}
	if (channel->xs)
		xs_close(channel->xs);
	if (channel->bell >= 0)
		close(channel->bell);
	free(channel);
}

static int set_up(struct xs_channel *channel, const char *path)
{
	enum side side = channel->base.side;
	struct timespec now;

	snprintf(channel->outbox, sizeof(channel->outbox), "%s/%s", path, side_names[side]);
	snprintf(channel->inbox, sizeof(channel->inbox), "%s/%s", path, side_names[!side]);
	clock_gettime(CLOCK_REALTIME, &now);
	channel->next = (u64)now.tv_sec * NSEC_PER_SEC + (u64)now.tv_nsec;

	/* Removes what an earlier run of this side left. */
	xs_rm(channel->xs, XBT_NULL, channel->outbox);
	if (xs_mkdir(channel->xs, XBT_NULL, channel->outbox)) {
		channel->watcher = repro__fork("gw-watcher");
		if (!channel->watcher)
			watch_inbox(channel);
		return min(channel->watcher, 0);
	}
	pr_err("xenstore: %s: %s; a guest can write below its own 'data' only "
	       "(/local/domain/DOMID/data/...)",
	       channel->outbox, strerror(errno));
	return -EACCES;
}

struct channel *channel__open_xenstore(enum side side, const char *path)
{
	static const struct channel_ops ops = {
		.send = xs_chan_send,
		.receive = xs_chan_receive,
		.close = xs_chan_close,
	};
	struct xs_channel *channel;

	if (!*path || strlen(path) > PATH_LEN - 16) {
		pr_err("--channel xenstore:PATH: the path must have at most %d bytes",
		       PATH_LEN - 16);
		return NULL;
	}
	channel = calloc(1, sizeof(*channel));
	if (!channel)
		return NULL;
	channel->base.ops = &ops;
	channel->base.side = side;
	channel->xs = xs_open(0);
	channel->bell = eventfd(0, EFD_CLOEXEC);
	if (!channel->xs || channel->bell < 0) {
		pr_err("xenstore cannot be reached: %s", strerror(errno));
		xs_chan_close(&channel->base);
		return NULL;
	}
	if (set_up(channel, path)) {
		xs_chan_close(&channel->base);
		return NULL;
	}
	return &channel->base;
}
