// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "capture/reader.h"

/* Bytes whose checksums may be computed in vain, in addition to the number of skipped bytes. */
#define VAIN_MAX (16ull * BLOCK_MAX)

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "records are read in place");
_Static_assert(sizeof(struct capture_header) == 32, "file header");
_Static_assert(sizeof(struct block_header) == 32, "block header");
_Static_assert(sizeof(struct rec_event) == 32, "event head");
_Static_assert(sizeof(struct rec_batch) == 56, "batch head");
_Static_assert(sizeof(struct op_map) == 24, "map operation");

/* The required layout of each record type. */
static const struct shape {
	u16 len;    /* fixed part */
	u8 op_size; /* batch types */
	u8 strings; /* NUL-terminated strings after the fixed part */
} shapes[REC_TYPE_MAX] = {
	[REC_FACT] = {sizeof(struct rec_fact), 0, 2},
	[REC_TASK] = {sizeof(struct rec_task), 0, 0},
	[REC_PROCESS] = {sizeof(struct rec_process), 0, 0},
	[REC_STACK] = {sizeof(struct rec_stack), 0, 1},
	[REC_CLOCK] = {sizeof(struct rec_clock), 0, 0},
	[REC_WALL] = {sizeof(struct rec_wall), 0, 0},
	[REC_PHASE] = {sizeof(struct rec_phase), 0, 0},
	[REC_PROBE] = {sizeof(struct rec_probe), 0, 2},
	[REC_LOSS] = {sizeof(struct rec_loss), 0, 0},
	[REC_LOG] = {sizeof(struct rec_log), 0, 1},
	[REC_END] = {sizeof(struct rec_end), 0, 0},
	[REC_GRANT] = {sizeof(struct rec_grant), 0, 0},
	[REC_REVOKE] = {sizeof(struct rec_revoke), 0, 0},
	[REC_FREE] = {sizeof(struct rec_ref), 0, 0},
	[REC_RELEASE] = {sizeof(struct rec_ref), 0, 0},
	[REC_RESET] = {sizeof(struct rec_event), 0, 0},
	[REC_ARM] = {sizeof(struct rec_batch), sizeof(struct op_arm), 0},
	[REC_DISARM] = {sizeof(struct rec_batch), 0, 0},
	[REC_MAP] = {sizeof(struct rec_batch), sizeof(struct op_map), 0},
	[REC_UNMAP] = {sizeof(struct rec_batch), sizeof(struct op_unmap), 0},
	[REC_RING] = {sizeof(struct rec_batch), sizeof(struct op_arm), 0},
	[REC_RING_UNMAP] = {sizeof(struct rec_batch), 0, 0},
	[REC_COPY] = {sizeof(struct rec_batch), sizeof(struct op_copy), 0},
	[REC_ENTRY] = {sizeof(struct rec_batch), sizeof(struct op_entry), 0},
};

size_t rec_type__op_size(u8 type)
{
	return type < REC_TYPE_MAX ? shapes[type].op_size : 0;
}

void capture_reader__init(struct capture_reader *reader)
{
	memset(reader, 0, sizeof(*reader));
}

void capture_reader__go_on(struct capture_reader *reader)
{
	reader->have_header = false;
	reader->at_end = false;
	reader->next_seq = 0;
}

static enum read_status check_header(struct capture_reader *reader, const u8 *buf, size_t len,
				     size_t *used)
{
	struct capture_header header;

	if (len < sizeof(header)) {
		if (memcmp(buf, CAPTURE_MAGIC, min(len, (size_t)8))) {
			snprintf(reader->error, sizeof(reader->error), "not a grantwatch capture");
			return READ_BAD;
		}
		return READ_MORE;
	}
	memcpy(&header, buf, sizeof(header));
	if (memcmp(header.magic, CAPTURE_MAGIC, sizeof(header.magic))) {
		snprintf(reader->error, sizeof(reader->error), "not a grantwatch capture");
		return READ_BAD;
	}
	if (header.version != CAPTURE_VERSION || header.header_len != sizeof(header)) {
		snprintf(reader->error, sizeof(reader->error),
			 "capture format %u, this grantwatch reads %d: use the one that wrote it",
			 header.version, CAPTURE_VERSION);
		return READ_BAD;
	}
	reader->have_header = true;
	*used = sizeof(header);
	return READ_OK;
}

static bool header_holds(const struct block_header *header)
{
	return header->magic == BLOCK_MAGIC && header->len <= BLOCK_MAX && !(header->len & 7) &&
	       header->nr <= header->len / sizeof(struct rec) &&
	       header->hcrc ==
		       (u32)crc32(0, (const Bytef *)header, offsetof(struct block_header, hcrc));
}

/* Skips to the next possible block: blocks are aligned to 8 bytes. */
static void skip(struct capture_reader *reader, size_t *pos)
{
	*pos += 8;
	reader->skipped += 8;
}

/*
 * The payload is damaged. In a torn block, complete blocks may follow before its claimed end, so
 * they are searched for. But the cost must stay proportional to the length of the stream, even if
 * it consists of such headers.
 */
static void pass_damaged(struct capture_reader *reader, const struct block_header *header,
			 size_t *pos)
{
	reader->vain += header->len;
	if (reader->vain <= VAIN_MAX + reader->skipped) {
		skip(reader, pos);
		return;
	}
	*pos += sizeof(*header) + header->len;
	reader->skipped += sizeof(*header) + header->len;
}

/* Finds the next complete block at or after *@pos. Without one, *@pos is where it may begin. */
static bool find_block(struct capture_reader *reader, const u8 *buf, size_t len, size_t *pos,
		       struct block_header *header)
{
	struct capture_reader before;
	size_t cut = len;

	while (len - *pos >= sizeof(*header)) {
		memcpy(header, buf + *pos, sizeof(*header));
		if (!header_holds(header)) {
			skip(reader, pos);
		} else if (len - *pos - sizeof(*header) < header->len) {
			if (!reader->at_end)
				return false;
			/*
			 * The block is cut short, unless another complete block is in the place of
			 * its payload.
			 */
			if (cut == len) {
				cut = *pos;
				before = *reader;
			}
			skip(reader, pos);
		} else if (header->crc !=
			   (u32)crc32(0, buf + *pos + sizeof(*header), header->len)) {
			pass_damaged(reader, header, pos);
		} else if (header->seq < reader->next_seq) {
			/* The block's sequence number was read before: it is a repetition. */
			reader->repeated++;
			*pos += sizeof(*header) + header->len;
		} else {
			return true;
		}
	}
	if (cut < len) {
		before.vain = reader->vain;
		*reader = before;
		*pos = cut;
	}
	return false;
}

enum read_status capture_reader__block(struct capture_reader *reader, const u8 *buf, size_t len,
				       size_t *used, struct block *block)
{
	struct block_header header;
	size_t pos = 0;

	*used = 0;
	if (!reader->have_header) {
		enum read_status status = check_header(reader, buf, len, &pos);

		*used = pos;
		if (status != READ_OK)
			return status;
	}
	if (!find_block(reader, buf, len, &pos, &header)) {
		*used = pos;
		return READ_MORE;
	}
	if (header.seq > reader->next_seq)
		reader->lost_blocks += header.seq - reader->next_seq;
	reader->next_seq = header.seq + 1;
	block->watermark = header.watermark;
	block->seq = header.seq;
	block->pos = buf + pos + sizeof(header);
	block->end = block->pos + header.len;
	*used = pos + sizeof(header) + header.len;
	return READ_OK;
}

/* Whether the strings after the fixed part end within the record. */
static bool strings_hold(const struct rec *rec, const struct shape *shape)
{
	const char *pos = (const char *)rec + shape->len;
	const char *end = (const char *)rec + rec->len;
	unsigned int i;

	if (end - pos > (ptrdiff_t)(TEXT_MAX + 8))
		return false;
	for (i = 0; i < shape->strings; i++) {
		pos = memchr(pos, '\0', (size_t)(end - pos));
		if (!pos)
			return false;
		pos++;
	}
	return true;
}

static bool rec_holds(const struct rec *rec)
{
	const struct shape *shape = &shapes[rec->type];

	if (rec->len < shape->len)
		return false;
	if (shape->strings && !strings_hold(rec, shape))
		return false;
	if (REC_IS_EVENT(rec->type)) {
		const struct rec_event *event = (const void *)rec;

		if (event->t_in > event->t_out)
			return false;
	}
	if (REC_IS_BATCH(rec->type)) {
		const struct rec_batch *batch = (const void *)rec;
		u32 room = (rec->len - shape->len) / (shape->op_size ? shape->op_size : 1);

		if (shape->op_size ? batch->nr > room : batch->nr != 0)
			return false;
		if (batch->first > batch->total || batch->nr > batch->total - batch->first)
			return false;
	}
	return true;
}

enum read_status block__next(struct capture_reader *reader, struct block *block,
			     const struct rec **rec)
{
	while ((size_t)(block->end - block->pos) >= sizeof(struct rec)) {
		const struct rec *here = (const void *)block->pos;

		if (here->len < sizeof(*here) || (here->len & 7) || here->len > RECORD_MAX ||
		    here->len > (size_t)(block->end - block->pos)) {
			/*
			 * Records are found by their lengths: after a bad one, the rest of the
			 * block is lost.
			 */
			reader->bad_records++;
			block->pos = block->end;
			break;
		}
		block->pos += here->len;
		if (here->type >= REC_TYPE_MAX || !shapes[here->type].len)
			continue;
		if (!rec_holds(here)) {
			reader->bad_records++;
			continue;
		}
		*rec = here;
		return READ_OK;
	}
	return READ_MORE;
}

const char *text__second(const char *text)
{
	return text + strlen(text) + 1;
}
