/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects of one size by number, in chunks. Numbers stay valid, memory is reused, 0 is no object.
 */
#ifndef GRANTWATCH_POOL_H
#define GRANTWATCH_POOL_H

#include "util/types.h"

#define POOL_CHUNK 1024u

struct pool {
	size_t size; /* bytes of an object, at least 4 */
	u8 **chunks;
	u32 nr_chunks;
	u32 next; /* first number never used */
	u32 free; /* head of the free list, linked through the objects */
	u32 used;
};

void pool__init(struct pool *pool, size_t size);
void pool__cleanup(struct pool *pool);

/* Returns a zeroed object's number, 0 without memory. */
u32 pool__get(struct pool *pool);
void pool__put(struct pool *pool, u32 nr);

static inline void *pool__at(const struct pool *pool, u32 nr)
{
	return pool->chunks[nr / POOL_CHUNK] + (nr % POOL_CHUNK) * pool->size;
}

#endif
