/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A hash table from 64-bit keys (addresses, packed numbers, hashes of contents) to numbers from 1,
 * such as ids or indices. Zeros are an empty table. Open addressing.
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

/* Returns the value of @key, 0 if it has none. */
u32 hash__find(const struct hash *hash, u64 key);

/* Sets @key's value, at least 1. Returns 0, or -ENOMEM with the table unchanged. */
int hash__set(struct hash *hash, u64 key, u32 value);

/*
 * Makes room for @nr keys, at most 2^30: hash__set() succeeds for that many. Returns 0, or -ENOMEM
 * with the table unchanged.
 */
int hash__reserve(struct hash *hash, u32 nr);

/* Forget @key. */
void hash__remove(struct hash *hash, u64 key);

/* Removes all keys and frees the memory. */
void hash__clear(struct hash *hash);

/* Returns a hash of @len bytes, continuing from @seed. */
u64 hash__bytes(const void *data, size_t len, u64 seed);

#endif
