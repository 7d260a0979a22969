// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "capture/stream.h"

/* Bytes for one complete block and the start of the next. */
#define BUF_SIZE (2 * (BLOCK_MAX + sizeof(struct block_header)) + 4096)

int capture_stream__init(struct capture_stream *stream, int fd)
{
	memset(stream, 0, sizeof(*stream));
	capture_reader__init(&stream->reader);
	stream->fd = fd;
	stream->buf = aligned_alloc(64, (BUF_SIZE + 63) & ~(size_t)63);
	return stream->buf ? 0 : -ENOMEM;
}

void capture_stream__cleanup(struct capture_stream *stream)
{
	free(stream->buf);
	stream->buf = NULL;
}

void capture_stream__go_on(struct capture_stream *stream, int fd)
{
	capture_reader__go_on(&stream->reader);
	stream->fd = fd;
	stream->eof = false;
	stream->in_block = false;
	stream->start = stream->end = 0;
}

/* Moves the remaining bytes to the front. Block and record pointers are invalid afterwards. */
static void compact(struct capture_stream *stream)
{
	size_t aligned = stream->start & ~(size_t)7;

	if (!aligned || stream->in_block)
		return;
	memmove(stream->buf, stream->buf + aligned, stream->end - aligned);
	stream->start -= aligned;
	stream->end -= aligned;
}

bool capture_stream__has_room(const struct capture_stream *stream)
{
	return stream->end < BUF_SIZE || (!stream->in_block && stream->start >= 8);
}

int capture_stream__fill(struct capture_stream *stream)
{
	return capture_stream__fill_some(stream, BUF_SIZE);
}

static bool is_told_to_stop(const struct capture_stream *stream)
{
	return stream->stop && *stream->stop;
}

int capture_stream__fill_some(struct capture_stream *stream, size_t most)
{
	ssize_t n;

	compact(stream);
	if (stream->end == BUF_SIZE)
		return -EAGAIN;
	do {
		if (is_told_to_stop(stream)) {
			stream->stopped = stream->eof = true;
			return 0;
		}
		n = read(stream->fd, stream->buf + stream->end, min(BUF_SIZE - stream->end, most));
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		if (errno != EAGAIN) {
			stream->error = errno;
			stream->eof = true;
		}
		return -errno;
	}
	if (!n)
		stream->eof = true;
	stream->end += (size_t)n;
	stream->bytes += (u64)n;
	return (int)n;
}

enum stream_status capture_stream__next(struct capture_stream *stream, const struct rec **rec)
{
	size_t used;

	if (stream->in_block) {
		if (block__next(&stream->reader, &stream->block, rec) == READ_OK)
			return STREAM_REC;
		stream->in_block = false;
		stream->blocks++;
		stream->watermark = max(stream->watermark, stream->block.watermark);
		return STREAM_MARK;
	}
	stream->reader.at_end = stream->eof;
	switch (capture_reader__block(&stream->reader, stream->buf + stream->start,
				      stream->end - stream->start, &used, &stream->block)) {
	case READ_OK:
		stream->start += used;
		stream->in_block = true;
		return capture_stream__next(stream, rec);
	case READ_MORE:
		stream->start += used;
		return stream->eof ? STREAM_EOF : STREAM_WAIT;
	default:
		return STREAM_BAD;
	}
}

enum stream_status capture_stream__next_blocking(struct capture_stream *stream,
						 const struct rec **rec)
{
	enum stream_status status;

	while ((status = capture_stream__next(stream, rec)) == STREAM_WAIT)
		capture_stream__fill(stream);
	return status;
}

struct rec *capture_stream__own(struct capture_stream *stream, const struct rec *rec)
{
	return (void *)(stream->buf + ((const u8 *)rec - stream->buf));
}

u64 capture_stream__tail(const struct capture_stream *stream)
{
	return stream->end - stream->start;
}
