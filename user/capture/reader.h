/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reads captures. One parser for files and streams: it gets bytes and finds blocks in them. Every
 * byte may be hostile: a record reaches the caller only after checks of its block's checksums, its
 * type's minimum length, its counts and its strings' terminators.
 */
#ifndef GRANTWATCH_CAPTURE_READER_H
#define GRANTWATCH_CAPTURE_READER_H

#include "capture/format.h"

enum read_status {
	READ_OK,   /* a block or a record */
	READ_MORE, /* more bytes are needed (block__next(): end of the block's records) */
	READ_BAD,  /* no capture, or another version */
};

struct capture_reader {
	bool have_header;
	u32 next_seq;
	u64 skipped;	 /* bytes skipped to find the next complete block */
	u64 lost_blocks; /* gaps in the sequence */
	u64 bad_records; /* invalid records, dropped */
	u64 repeated;	 /* repeated blocks, skipped */
	u64 vain;	 /* bytes of payloads with a wrong checksum */
	bool at_end;	 /* set by the caller: these are the last bytes */
	char error[160];
};

struct block {
	u64 watermark;
	u32 seq;
	const u8 *pos, *end;
};

void capture_reader__init(struct capture_reader *reader);

/* The bytes of another capture follow. Counters continue. */
void capture_reader__go_on(struct capture_reader *reader);

/*
 * Finds the next complete block in @buf[0..@len). *@used is the number of consumed bytes, whatever
 * the status. The caller passes the rest again, with more bytes after it. @block points into @buf.
 * @buf must be aligned to 8 bytes: blocks keep this alignment after the file header.
 */
enum read_status capture_reader__block(struct capture_reader *reader, const u8 *buf, size_t len,
				       size_t *used, struct block *block);

/* Returns the next valid record of @block, or READ_MORE at its end. */
enum read_status block__next(struct capture_reader *reader, struct block *block,
			     const struct rec **rec);

/* Operations of a batch record, NULL for other records. */
static inline const void *rec__ops(const struct rec *rec)
{
	return REC_IS_BATCH(rec->type) ? (const struct rec_batch *)(const void *)rec + 1 : NULL;
}

/* Size in bytes of one operation of batch type @type, 0 if it has none. */
size_t rec_type__op_size(u8 type);

/* Returns the second of the two strings in a FACT or PROBE record. */
const char *text__second(const char *text);

#endif
