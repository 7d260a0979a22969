/* SPDX-License-Identifier: GPL-2.0 */
/* Records from a file descriptor: a file, a pipe, a socket. Memory is bounded by one block. */
#ifndef GRANTWATCH_CAPTURE_STREAM_H
#define GRANTWATCH_CAPTURE_STREAM_H

#include "capture/reader.h"

struct capture_stream {
	struct capture_reader reader;
	int fd;
	const volatile int *stop; /* ends reading as soon as it is not 0; may be NULL */
	bool stopped;		  /* reading was ended by @stop */
	bool eof;
	int error;     /* errno of a failed read, 0 none */
	u64 bytes;     /* read so far */
	u64 watermark; /* largest watermark of the blocks that were read to their end */
	u32 blocks;
	bool in_block;
	struct block block;
	size_t start, end; /* unread bytes in buf */
	size_t size;	   /* of buf */
	u8 *buf;
};

enum stream_status {
	STREAM_REC,  /* a record */
	STREAM_MARK, /* end of a block; its watermark is in ->block.watermark */
	STREAM_WAIT, /* nothing more until capture_stream__fill() */
	STREAM_EOF,  /* end of the input; ->tail bytes are no complete block */
	STREAM_BAD,  /* no capture: ->reader.error */
};

/* The caller keeps @fd. Returns 0 or -ENOMEM. */
int capture_stream__init(struct capture_stream *stream, int fd);
void capture_stream__cleanup(struct capture_stream *stream);

/*
 * At the end: continues with another capture from @fd. Counters and the largest watermark continue.
 * The caller keeps both descriptors.
 */
void capture_stream__go_on(struct capture_stream *stream, int fd);

/*
 * Calls read(2) once. Returns the bytes read, 0 at the end of file, or -errno (-EAGAIN: nothing
 * available, or no room until a block was read).
 */
int capture_stream__fill(struct capture_stream *stream);

/* The same with up to @most bytes. */
int capture_stream__fill_some(struct capture_stream *stream, size_t most);

/* Whether a fill could read anything. Otherwise the available bytes must be processed first. */
bool capture_stream__has_room(const struct capture_stream *stream);

/*
 * Returns the next item in the available bytes. A record is valid until the item after the next
 * STREAM_MARK is requested.
 */
enum stream_status capture_stream__next(struct capture_stream *stream, const struct rec **rec);

/* The same, filling from a blocking descriptor as needed. Never returns STREAM_WAIT. */
enum stream_status capture_stream__next_blocking(struct capture_stream *stream,
						 const struct rec **rec);

/* Returns @rec, a record of this stream, for modification in the stream's memory. */
struct rec *capture_stream__own(struct capture_stream *stream, const struct rec *rec);

/* Bytes at the end of the stream that are no complete block (a capture cut short). */
u64 capture_stream__tail(const struct capture_stream *stream);

#endif
