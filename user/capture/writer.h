/* SPDX-License-Identifier: GPL-2.0 */
/* Writes captures: records collect in a block, which is written as a whole with its checksums. */
#ifndef GRANTWATCH_CAPTURE_WRITER_H
#define GRANTWATCH_CAPTURE_WRITER_H

#include "capture/format.h"

struct capture_writer;

/*
 * Returns a writer to @fd, which the caller keeps. The file header is written with the first block.
 * Returns NULL with errno set without memory.
 */
struct capture_writer *capture_writer__new(int fd);

/* The same for a file that already has blocks: writes no header, and counts blocks from @seq. */
struct capture_writer *capture_writer__append(int fd, u32 seq);
void capture_writer__free(struct capture_writer *writer);

/* Called before the first record: more files will follow. Returns 0 or -ENOMEM. */
int capture_writer__keep(struct capture_writer *writer);

/*
 * After capture_writer__keep() and a flush: continues in another file, @fd, which the caller keeps.
 * It begins with the facts and probes of the files before, and with losses that reach beyond the
 * last watermark. Returns 0 or -errno.
 */
int capture_writer__next(struct capture_writer *writer, int fd);

/*
 * Adds one record: @head of @head_len bytes (type, flags and cpu are set; len is filled in here),
 * then @tail_len bytes, then zeroes to a multiple of 8. Returns 0, -E2BIG over RECORD_MAX, or
 * -errno of write(2); after an error nothing more is written.
 */
int capture_writer__add(struct capture_writer *writer, const void *head, size_t head_len,
			const void *tail, size_t tail_len);

/*
 * Writes the block, which may be empty, with @watermark (struct block_header). Returns 0 or -errno.
 */
int capture_writer__flush(struct capture_writer *writer, u64 watermark);

/* Of this file so far: bytes with the header, event records, events in loss records. */
u64 capture_writer__bytes(const struct capture_writer *writer);
u64 capture_writer__events(const struct capture_writer *writer);
u64 capture_writer__lost(const struct capture_writer *writer);

/* Shorthands for records with strings. @text is truncated to TEXT_MAX. */
int capture_writer__fact(struct capture_writer *writer, u64 time, const char *key,
			 const char *value);
int capture_writer__probe(struct capture_writer *writer, u64 time, enum probe_state state,
			  u32 events, const char *name, const char *detail);
int capture_writer__task(struct capture_writer *writer, u32 id, u32 pid, u32 tid, const char *comm);
int capture_writer__process(struct capture_writer *writer, u32 task, const char *comm);
int capture_writer__stack(struct capture_writer *writer, u32 id, const char *text);
int capture_writer__log(struct capture_writer *writer, u64 time, const char *text);

#endif
