// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for the input. Bytes stay in the chunk into which they were read until no segment uses the
 * chunk.
 */
#include <stdlib.h>
#include <sys/mman.h>

#include "trace_internal.h"

/* Linux 5.14; missing in some headers used for builds */
#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

/*
 * Populates all pages of a chunk in one call, which is faster than a page fault for each. Older
 * kernels fall back to page faults.
 */
static void populate(struct chunk *chunk)
{
	const uintptr_t page = 4096, start = ((uintptr_t)chunk + page - 1) & ~(page - 1),
			end = (uintptr_t)(chunk + 1) & ~(page - 1);

	if (start < end)
		madvise((u8 *)chunk + (start - (uintptr_t)chunk), end - start, MADV_POPULATE_WRITE);
}

static struct chunk *new_chunk(const struct xentrace *xt)
{
	struct chunk *chunk = malloc(sizeof(*chunk));

	/* A short trace needs only a part of the first chunk. */
	if (chunk && xt->stats.bytes >= CHUNK_BYTES)
		populate(chunk);
	return chunk;
}

struct chunk *chunk__get(struct xentrace *xt)
{
	struct chunk *chunk = xt->free_chunks;

	if (chunk)
		xt->free_chunks = chunk->next;
	else
		chunk = new_chunk(xt);
	if (!chunk)
		return NULL;
	chunk->next = NULL;
	chunk->refs = 1;
	chunk->fill = 0;
	xt->held += sizeof(*chunk);
	xt->stats.held_max = max(xt->stats.held_max, (u64)xt->held);
	return chunk;
}

void chunk__put(struct xentrace *xt, struct chunk *chunk)
{
	if (--chunk->refs)
		return;
	chunk->next = xt->free_chunks;
	xt->free_chunks = chunk;
	xt->held -= sizeof(*chunk);
}

struct xt_segment *xt_segment__get(struct xentrace *xt)
{
	struct xt_segment *segment = xt->free_segments;

	if (segment)
		xt->free_segments = segment->next;
	else
		segment = malloc(sizeof(*segment));
	if (segment)
		xt->held += sizeof(*segment);
	return segment;
}

void xt_segment__put(struct xentrace *xt, struct xt_segment *segment)
{
	chunk__put(xt, segment->chunk);
	segment->next = xt->free_segments;
	xt->free_segments = segment;
	xt->held -= sizeof(*segment);
}

void *xentrace__room(struct xentrace *xt, size_t *size)
{
	if (!xt->chunk) {
		xt->chunk = chunk__get(xt);
		xt->walked = HEADROOM;
	}
	*size = xt->chunk ? CHUNK_BYTES - xt->chunk->fill : 0;
	return xt->chunk ? xt->chunk->bytes + HEADROOM + xt->chunk->fill : NULL;
}

void xentrace__filled(struct xentrace *xt, size_t size)
{
	if (!size)
		return;
	xt->chunk->fill += (u32)size;
	xt->stats.bytes += size;
}

size_t xentrace__feed(struct xentrace *xt, const void *data, size_t size)
{
	size_t room;
	void *to = xentrace__room(xt, &room);

	size = min(size, room);
	if (size)
		memcpy(to, data, size);
	xentrace__filled(xt, size);
	return size;
}

void xentrace__finish(struct xentrace *xt)
{
	xt->finished = true;
}
