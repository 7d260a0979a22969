/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Reading captures. One parser for files and for streams: it is given bytes and finds blocks in
 * them. Every byte may be hostile: a record reaches the caller only after its block's checksums,
 * its type's minimum length, its counts and its strings' terminators were checked.
 */
#ifndef GRANTWATCH_CAPTURE_READER_H
#define GRANTWATCH_CAPTURE_READER_H

#include "capture/format.h"

enum read_status {
	READ_OK,   /* here is a block or a record */
	READ_MORE, /* needs more bytes (end of the block's records for block__next) */
	READ_BAD,  /* not a capture, or one of another version */
};

struct capture_reader {
	bool have_header;
	u32 next_seq;
	u64 skipped;	 /* bytes passed over to find the next whole block */
	u64 lost_blocks; /* gaps in the sequence */
	u64 bad_records; /* records dropped because they did not hold together */
	u64 repeated;	 /* blocks passed over because they had been there before */
	u64 vain;	 /* bytes of payloads whose checksum was computed and is wrong */
	bool at_end;	 /* set by the caller: no bytes follow those that it gives */
	char error[160];
};

struct block {
	u64 watermark;
	u32 seq;
	const u8 *pos, *end;
};

void capture_reader__init(struct capture_reader *reader);

/* The bytes of another capture follow. Counters go on. */
void capture_reader__go_on(struct capture_reader *reader);

/*
 * Finds the next whole block in @buf[0..@len). *@used is the number of consumed bytes, whatever the
 * status. The caller passes the rest again, with more bytes behind it. @block points into @buf.
 * @buf must be aligned to 8 bytes: blocks keep this alignment after the file header.
 */
enum read_status capture_reader__block(struct capture_reader *reader, const u8 *buf, size_t len,
				       size_t *used, struct block *block);

/* Gets the next well-formed record of @block. Returns READ_MORE at its end. */
enum read_status block__next(struct capture_reader *reader, struct block *block,
			     const struct rec **rec);

/* Operations of a batch record, NULL for other records. */
static inline const void *rec__ops(const struct rec *rec)
{
	return REC_IS_BATCH(rec->type) ? (const struct rec_batch *)(const void *)rec + 1 : NULL;
}

/* Size in bytes of one operation of batch type @type, 0 if it has none. */
size_t rec_type__op_size(u8 type);

/* Second of the two strings in a FACT or PROBE record's text. */
const char *text__second(const char *text);

#endif
