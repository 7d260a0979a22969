// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "capture/stream.h"

/* Bytes for one complete block and the start of the next. */
#define BUF_SIZE (2 * (BLOCK_MAX + sizeof(struct block_header)) + 4096)

/* Bytes of the buffer for @fd: all of a small file, with room for the read that finds its end. */
static size_t size_for(int fd)
{
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || st.st_size > BLOCK_MAX)
		return BUF_SIZE;
	return (size_t)st.st_size + 4096;
}

/* Makes the buffer at least @size bytes long. Block and record pointers are invalid afterwards. */
static int enlarge(struct capture_stream *stream, size_t size)
{
	const size_t aligned = (size + 63) & ~(size_t)63;
	u8 *buf;

	if (size <= stream->size)
		return 0;
	buf = aligned_alloc(64, aligned);
	if (!buf)
		return -ENOMEM;
	if (stream->end)
		memcpy(buf, stream->buf, stream->end);
	free(stream->buf);
	stream->buf = buf;
	stream->size = size;
	return 0;
}

int capture_stream__init(struct capture_stream *stream, int fd)
{
	memset(stream, 0, sizeof(*stream));
	capture_reader__init(&stream->reader);
	stream->fd = fd;
	return enlarge(stream, size_for(fd));
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
	/* Without memory it is enlarged when that is needed. */
	enlarge(stream, size_for(fd));
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
	if (stream->end < stream->size)
		return true;
	return !stream->in_block && (stream->start >= 8 || stream->size < BUF_SIZE);
}

int capture_stream__fill(struct capture_stream *stream)
{
	return capture_stream__fill_some(stream, BUF_SIZE);
}

static bool is_told_to_stop(const struct capture_stream *stream)
{
	return stream->stop && *stream->stop;
}

/* Makes room behind the unread bytes. A file may have grown since its buffer was made. */
static int make_room(struct capture_stream *stream)
{
	compact(stream);
	if (stream->end < stream->size)
		return 0;
	if (stream->in_block || stream->size == BUF_SIZE)
		return -EAGAIN;
	if (!enlarge(stream, BUF_SIZE))
		return 0;
	stream->error = ENOMEM;
	stream->eof = true;
	return -ENOMEM;
}

int capture_stream__fill_some(struct capture_stream *stream, size_t most)
{
	int err = make_room(stream);
	ssize_t n;

	if (err)
		return err;
	do {
		if (is_told_to_stop(stream)) {
			stream->stopped = stream->eof = true;
			return 0;
		}
		n = read(stream->fd, stream->buf + stream->end,
			 min(stream->size - stream->end, most));
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
