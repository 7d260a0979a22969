/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Turns any bytes into records with the lengths in their headers, so that a fuzzer passes the
 * checksums.
 */
#ifndef GRANTWATCH_FUZZ_WRAP_H
#define GRANTWATCH_FUZZ_WRAP_H

#include <string.h>

#include "capture/writer.h"

/* Length of a record with @len in its header and @left bytes available, a multiple of 8. */
static inline u32 wrap__len(u32 len, size_t left)
{
	return min(max(len & 0xfff8u, (u32)sizeof(struct rec)), (u32)(left & ~(size_t)7));
}

static inline void wrap__records(struct capture_writer *writer, const u8 *data, size_t size)
{
	while (size >= sizeof(struct rec)) {
		u32 len;

		memcpy(&len, data + offsetof(struct rec, len), sizeof(len));
		len = wrap__len(len, size);
		capture_writer__add(writer, data, len, NULL, 0);
		data += len;
		size -= len;
	}
	capture_writer__flush(writer, 0);
}

#endif
