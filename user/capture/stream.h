/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records from a file descriptor: a file, a pipe, a socket. Memory is one block, whatever arrives.
 */
#ifndef GRANTWATCH_CAPTURE_STREAM_H
#define GRANTWATCH_CAPTURE_STREAM_H

#include "capture/reader.h"

struct capture_stream {
	struct capture_reader reader;
	int fd;
	const volatile int *stop; /* not 0: read no more; NULL: never */
	bool stopped;		  /* so there may be more to read */
	bool eof;
	int error;     /* errno of a failed read, 0 */
	u64 bytes;     /* read so far */
	u64 watermark; /* highest of the blocks that were read to their end */
	u32 blocks;
	bool in_block;
	struct block block;
	size_t start, end; /* unread bytes in buf */
	u8 *buf;
};

enum stream_status {
	STREAM_REC,  /* a record */
	STREAM_MARK, /* a block ended; its watermark is in ->block.watermark */
	STREAM_WAIT, /* nothing more before capture_stream__fill() */
	STREAM_EOF,  /* no more bytes will come; ->tail says how many did not make a block */
	STREAM_BAD,  /* not a capture: ->reader.error */
};

/* @fd stays the caller's. 0 or -ENOMEM. */
int capture_stream__init(struct capture_stream *stream, int fd);
void capture_stream__cleanup(struct capture_stream *stream);

/*
 * At the end of the bytes: go on with another capture, from @fd. Counters, the highest watermark
 * among them, go on as well. The descriptor before stays the caller's.
 */
void capture_stream__go_on(struct capture_stream *stream, int fd);

/*
 * One read(2). Returns the bytes read, 0 at the end of file, -errno (-EAGAIN: nothing there now).
 */
int capture_stream__fill(struct capture_stream *stream);

/* The same with at most @most bytes. */
int capture_stream__fill_some(struct capture_stream *stream, size_t most);

/* Whether a fill could read anything: not before what is there has been asked for. */
bool capture_stream__has_room(const struct capture_stream *stream);

/*
 * The next thing in the bytes at hand. A record stays valid until the next STREAM_MARK is asked
 * past.
 */
enum stream_status capture_stream__next(struct capture_stream *stream, const struct rec **rec);

/* The same, filling from a blocking descriptor as needed; never STREAM_WAIT. */
enum stream_status capture_stream__next_blocking(struct capture_stream *stream,
						 const struct rec **rec);

/* @rec, which the stream has handed out, to be changed: it lies in the stream's own memory. */
struct rec *capture_stream__own(struct capture_stream *stream, const struct rec *rec);

/* Bytes at the end of the stream that are no whole block (a capture cut short). */
u64 capture_stream__tail(const struct capture_stream *stream);

#endif
