// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sources/trace.h"
#include "util/log.h"

#define READ_SIZE (256u << 10)
/* Bytes that may wait to be decoded. Beyond them xentrace has to wait, and Xen may lose records. */
#define BACKLOG_MAX (256u << 20)

struct trace *trace__new(int fd, const char *name)
{
	struct trace *trace = calloc(1, sizeof(*trace));

	if (!trace)
		return NULL;
	trace->fd = fd;
	trace->name = strdup(name);
	trace->xt = xentrace__new(0);
	if (!trace->name || !trace->xt) {
		trace->fd = -1;
		trace__free(trace);
		return NULL;
	}
	return trace;
}

void trace__free(struct trace *trace)
{
	if (!trace)
		return;
	if (trace->fd >= 0)
		close(trace->fd);
	xentrace__free(trace->xt);
	free(trace->name);
	free(trace->buf);
	free(trace);
}

/* Makes room for READ_SIZE bytes after the waiting ones. */
static bool make_room(struct trace *trace)
{
	size_t size;
	u8 *buf;

	if (trace->start && trace->size - trace->start - trace->len < READ_SIZE) {
		memmove(trace->buf, trace->buf + trace->start, trace->len);
		trace->start = 0;
	}
	if (trace->size - trace->start - trace->len >= READ_SIZE)
		return true;
	size = max(2 * trace->size, (size_t)2 * READ_SIZE);
	if (size > BACKLOG_MAX)
		return false;
	buf = realloc(trace->buf, size);
	if (!buf)
		return false;
	trace->buf = buf;
	trace->size = size;
	return true;
}

static void save(struct trace *trace, const u8 *bytes, size_t n)
{
	if (!trace->save || fwrite(bytes, 1, n, trace->save) == n)
		return;
	pr_warn("cannot write the saved trace: %s; it is truncated here", strerror(errno));
	fclose(trace->save);
	trace->save = NULL;
}

int trace__fill(struct trace *trace)
{
	ssize_t n;

	if (trace->eof || !make_room(trace))
		return 0;
	do {
		if (trace->stop && *trace->stop) {
			trace->eof = true;
			return 0;
		}
		n = read(trace->fd, trace->buf + trace->start + trace->len, READ_SIZE);
	} while (n < 0 && errno == EINTR);
	if (n > 0) {
		save(trace, trace->buf + trace->start + trace->len, (size_t)n);
		trace->len += (size_t)n;
		trace->bytes += (u64)n;
		return (int)n;
	}
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n < 0)
		trace->error = errno;
	trace->eof = true;
	return 0;
}

/* Gives the waiting bytes to the decoder. Returns false if there are none and more may come. */
static bool feed(struct trace *trace, bool blocking)
{
	size_t n;

	if (!trace->len && blocking)
		trace__fill(trace);
	if (!trace->len) {
		if (trace->eof || trace->given_up)
			xentrace__finish(trace->xt);
		return trace->eof || trace->given_up;
	}
	n = xentrace__feed(trace->xt, trace->buf + trace->start, trace->len);
	trace->start += n;
	trace->len -= n;
	if (!trace->len)
		trace->start = 0;
	return true;
}

enum trace_status trace__next(struct trace *trace, bool blocking, const struct xt_rec **rec)
{
	while (!trace->done) {
		switch (xentrace__next(trace->xt, rec)) {
		case XT_RECORD:
			return TRACE_RECORD;
		case XT_MORE:
			if (!feed(trace, blocking))
				return TRACE_WAIT;
			break;
		case XT_NOMEM:
			trace->error = ENOMEM;
			trace->done = true;
			break;
		case XT_END:
			trace->done = true;
			break;
		}
	}
	return TRACE_END;
}
