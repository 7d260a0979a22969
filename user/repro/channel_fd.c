// SPDX-License-Identifier: GPL-2.0
/* Lines on two descriptors, such as standard input and output, connected to the other side's. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "repro/channel.h"
#include "util/monotonic.h"

struct fd_channel {
	struct channel base;
	int in, out;
	size_t used;
	bool skip; /* skipping the rest of a line that is too long for a message */
	char buf[2 * MESSAGE_MAX];
};

static int fd_send(struct channel *base, const char *line)
{
	struct fd_channel *channel = (struct fd_channel *)base;
	char buf[MESSAGE_MAX + 2];
	int len = snprintf(buf, sizeof(buf), "%s\n", line), done = 0;

	if (len >= (int)sizeof(buf))
		return -EMSGSIZE;
	while (done < len) {
		ssize_t n = write(channel->out, buf + done, (size_t)(len - done));

		if (n > 0)
			done += (int)n;
		else if (errno == EAGAIN)
			poll(&(struct pollfd){.fd = channel->out, .events = POLLOUT}, 1, -1);
		else if (errno != EINTR)
			return -errno;
	}
	return 0;
}

/* Takes a complete line. Terminals end lines with a carriage return too. */
static bool take_line(struct fd_channel *channel, char *line, size_t size)
{
	char *end;

	while ((end = memchr(channel->buf, '\n', channel->used))) {
		size_t len = (size_t)(end - channel->buf), next = len + 1;
		bool good = !channel->skip && len < size;

		if (good) {
			memcpy(line, channel->buf, len);
			line[len] = '\0';
			if (len && line[len - 1] == '\r')
				line[len - 1] = '\0';
		}
		channel->skip = false;
		channel->used -= next;
		memmove(channel->buf, channel->buf + next, channel->used);
		if (good)
			return true;
	}
	if (channel->used == sizeof(channel->buf)) {
		channel->used = 0;
		channel->skip = true;
	}
	return false;
}

static int fd_receive(struct channel *base, char *line, size_t size, u64 deadline)
{
	struct fd_channel *channel = (struct fd_channel *)base;
	struct pollfd pfd = {.fd = channel->in, .events = POLLIN};

	while (!take_line(channel, line, size)) {
		u64 now = now_mono();
		u64 left = now < deadline ? (deadline - now) / NSEC_PER_MSEC + 1 : 0;
		int ready = poll(&pfd, 1, (int)min(left, (u64)60000));
		ssize_t n;

		if (!ready && now_mono() >= deadline)
			return -ETIMEDOUT;
		if (ready <= 0)
			continue;
		n = read(channel->in, channel->buf + channel->used,
			 sizeof(channel->buf) - channel->used);
		if (!n)
			return -EPIPE;
		if (n > 0)
			channel->used += (size_t)n;
		else if (errno != EINTR && errno != EAGAIN)
			return -errno;
	}
	return 0;
}

static void fd_close(struct channel *base)
{
	free(base);
}

struct channel *channel__open_fds(enum side side, int in, int out)
{
	static const struct channel_ops ops = {
		.send = fd_send, .receive = fd_receive, .close = fd_close};
	struct fd_channel *channel = calloc(1, sizeof(*channel));

	if (!channel)
		return NULL;
	channel->base.ops = &ops;
	channel->base.side = side;
	channel->in = in;
	channel->out = out;
	return &channel->base;
}
