/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hash table from 64-bit keys (addresses, packed numbers, hashes of content) to numbers from 1,
 * such as ids or places in an array. Begins as zeros. Open addressing.
 */
#ifndef GRANTWATCH_HASH_H
#define GRANTWATCH_HASH_H

#include "util/types.h"

struct hash_slot {
	u64 key;
	u32 value; /* 0: free */
};

struct hash {
	struct hash_slot *slot;
	u32 size; /* a power of two */
	u32 used;
};

/* The value of @key, 0 when it has none. */
u32 hash__find(const struct hash *hash, u64 key);

/* Give @key a value from 1. 0 or -ENOMEM; then the table is as before. */
int hash__set(struct hash *hash, u64 key, u32 value);

/*
 * Make room for @nr keys, 2^30 at most: hash__set() succeeds for as many. 0 or -ENOMEM; then the
 * table is as before.
 */
int hash__reserve(struct hash *hash, u32 nr);

/* Forget @key. */
void hash__remove(struct hash *hash, u64 key);

/* Forget all keys, and free the memory. */
void hash__clear(struct hash *hash);

/* A hash of @len bytes, continuing from @seed. */
u64 hash__bytes(const void *data, size_t len, u64 seed);

#endif
