/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Turns any bytes into a capture of one block, whose records have the lengths in their headers, so
 * that a fuzzer passes the checksums.
 */
#ifndef GRANTWATCH_FUZZ_WRAP_H
#define GRANTWATCH_FUZZ_WRAP_H

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "capture/format.h"

/* Length of a record with @len in its header and @left bytes available, a multiple of 8. */
static inline u32 wrap__len(u32 len, size_t left)
{
	return min(max(len & 0xfff8u, (u32)sizeof(struct rec)), (u32)(left & ~(size_t)7));
}

/* Appends the records in @data to @to, and returns how many. *@len: their bytes. */
static inline u32 wrap__records(u8 *to, const u8 *data, size_t size, u32 *len)
{
	const u8 *start = to;
	u32 nr;

	for (nr = 0; size >= sizeof(struct rec); nr++) {
		u32 rec_len;

		memcpy(&rec_len, data + offsetof(struct rec, len), sizeof(rec_len));
		rec_len = wrap__len(rec_len, size);
		memcpy(to, data, rec_len);
		memcpy(to + offsetof(struct rec, len), &rec_len, sizeof(rec_len));
		to += rec_len;
		data += rec_len;
		size -= rec_len;
	}
	*len = (u32)(to - start);
	return nr;
}

/*
 * Returns a capture with the records in @data, to be freed, and its size in *@len. The writer's own
 * block takes longer to allocate than a short input takes to judge.
 */
static inline u8 *wrap__capture(const u8 *data, size_t size, size_t *len)
{
	struct capture_header file = {
		.magic = CAPTURE_MAGIC, .version = CAPTURE_VERSION, .header_len = sizeof(file)};
	struct block_header block = {.magic = BLOCK_MAGIC};
	const size_t head = sizeof(file) + sizeof(block);
	u8 *bytes;

	size = min(size, (size_t)BLOCK_MAX);
	bytes = malloc(head + size);
	block.nr = wrap__records(bytes + head, data, size, &block.len);
	block.crc = (u32)crc32(0, bytes + head, block.len);
	block.hcrc = (u32)crc32(0, (const void *)&block, offsetof(struct block_header, hcrc));
	memcpy(bytes, &file, sizeof(file));
	memcpy(bytes + sizeof(file), &block, sizeof(block));
	*len = head + block.len;
	return bytes;
}

#endif
