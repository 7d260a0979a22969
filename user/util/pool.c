// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "util/pool.h"

void pool__init(struct pool *pool, size_t size)
{
	memset(pool, 0, sizeof(*pool));
	pool->size = (size + 7) & ~(size_t)7;
	pool->next = 1;
}

void pool__cleanup(struct pool *pool)
{
	u32 i;

	for (i = 0; i < pool->nr_chunks; i++)
		free(pool->chunks[i]);
	free(pool->chunks);
	pool->chunks = NULL;
	pool->nr_chunks = 0;
}

static bool add_chunk(struct pool *pool)
{
	u8 **chunks = realloc(pool->chunks, (pool->nr_chunks + 1) * sizeof(*chunks));

	if (!chunks)
		return false;
	pool->chunks = chunks;
	chunks[pool->nr_chunks] = malloc(POOL_CHUNK * pool->size);
	if (!chunks[pool->nr_chunks])
		return false;
	pool->nr_chunks++;
	return true;
}

u32 pool__get(struct pool *pool)
{
	u32 nr = pool->free;

	if (nr) {
		memcpy(&pool->free, pool__at(pool, nr), sizeof(pool->free));
	} else {
		if (pool->next / POOL_CHUNK >= pool->nr_chunks && !add_chunk(pool))
			return 0;
		nr = pool->next++;
	}
	memset(pool__at(pool, nr), 0, pool->size);
	pool->used++;
	return nr;
}

void pool__put(struct pool *pool, u32 nr)
{
	memcpy(pool__at(pool, nr), &pool->free, sizeof(pool->free));
	pool->free = nr;
	pool->used--;
}
