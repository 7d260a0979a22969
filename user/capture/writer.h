/* SPDX-License-Identifier: GPL-2.0 */
/* Writing captures: records collect in a block, a block goes out whole, with its checksums. */
#ifndef GRANTWATCH_CAPTURE_WRITER_H
#define GRANTWATCH_CAPTURE_WRITER_H

#include "capture/format.h"

struct capture_writer;

/*
 * A writer to @fd, which stays the caller's. The file header goes out with the first block.
 * Returns NULL with errno set when memory is short.
 */
struct capture_writer *capture_writer__new(int fd);

/*
 * The same to go on behind a capture that is there already: no file header, blocks count from @seq.
 */
struct capture_writer *capture_writer__append(int fd, u32 seq);
void capture_writer__free(struct capture_writer *writer);

/* Before the first record: more files will follow. 0 or -ENOMEM. */
int capture_writer__keep(struct capture_writer *writer);

/*
 * After capture_writer__keep() and a flush: go on in another file, @fd, which stays the caller's.
 * It begins with what the ones before said about facts and probes, and with the losses that reach
 * beyond the last watermark. Returns 0 or -errno.
 */
int capture_writer__next(struct capture_writer *writer, int fd);

/*
 * Append one record: @head of @head_len bytes (type, flags and cpu set; len is filled in here),
 * then @tail_len bytes, then zeroes to a multiple of 8. Returns 0 or -errno (-E2BIG over
 * RECORD_MAX, or what write(2) said; after an error nothing more is written).
 */
int capture_writer__add(struct capture_writer *writer, const void *head, size_t head_len,
			const void *tail, size_t tail_len);

/* Write the block, which may be empty, with @watermark (see struct block_header). 0 or -errno. */
int capture_writer__flush(struct capture_writer *writer, u64 watermark);

/* Of this file so far: bytes with the header, records of events, events that losses count. */
u64 capture_writer__bytes(const struct capture_writer *writer);
u64 capture_writer__events(const struct capture_writer *writer);
u64 capture_writer__lost(const struct capture_writer *writer);

/* Shorthands for the records that carry strings; @text is cut at TEXT_MAX. */
int capture_writer__fact(struct capture_writer *writer, u64 time, const char *key,
			 const char *value);
int capture_writer__probe(struct capture_writer *writer, u64 time, enum probe_state state,
			  u32 events, const char *name, const char *detail);
int capture_writer__task(struct capture_writer *writer, u32 id, u32 pid, u32 tid, const char *comm);
int capture_writer__process(struct capture_writer *writer, u32 task, const char *comm);
int capture_writer__stack(struct capture_writer *writer, u32 id, const char *text);
int capture_writer__log(struct capture_writer *writer, u64 time, const char *text);

#endif
