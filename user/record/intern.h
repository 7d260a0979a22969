/* SPDX-License-Identifier: GPL-2.0 */
/* Small numbers for things that repeat: 64-bit keys (addresses, or hashes of content) to
 * ids 1..ID_MAX. */
#ifndef GRANTWATCH_INTERN_H
#define GRANTWATCH_INTERN_H

#include "util/types.h"

struct intern_slot {
	u64 key;
	u32 id; /* 0: free */
};

struct intern {
	struct intern_slot *slot;
	u32 size; /* a power of two */
	u32 used;
};

/* The id of @key, 0 when it has none. */
u32 intern__find(const struct intern *table, u64 key);

/* Give @key an id. 0 or -ENOMEM; then the table is as before. */
int intern__set(struct intern *table, u64 key, u32 id);

/* Forget @key. */
void intern__remove(struct intern *table, u64 key);

void intern__clear(struct intern *table);

/* A hash of @len bytes, continuing from @seed. */
u64 intern__hash(const void *data, size_t len, u64 seed);

#endif
