// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "util/hash.h"

#define FIRST_SIZE 256

static u64 mix(u64 x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ull;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ull;
	return x ^ (x >> 32);
}

u64 hash__bytes(const void *data, size_t len, u64 seed)
{
	const u8 *pos = data;
	u64 hash = mix(seed + len + 0x9e3779b97f4a7c15ull);

	while (len) {
		size_t n = min(len, sizeof(u64));
		u64 word = 0;

		memcpy(&word, pos, n);
		hash = mix(hash ^ word) + 0x9e3779b97f4a7c15ull;
		pos += n;
		len -= n;
	}
	return hash;
}

/* Returns the slot of @key, or the free slot for it. */
static u32 place(const struct hash_slot *slot, u32 size, u64 key)
{
	u32 i = (u32)mix(key) & (size - 1);

	while (slot[i].value && slot[i].key != key)
		i = (i + 1) & (size - 1);
	return i;
}

u32 hash__find(const struct hash *hash, u64 key)
{
	return hash->size ? hash->slot[place(hash->slot, hash->size, key)].value : 0;
}

static int resize(struct hash *hash, u32 size)
{
	struct hash_slot *slot = calloc(size, sizeof(*slot));
	u32 i;

	if (!slot)
		return -ENOMEM;
	for (i = 0; i < hash->size; i++)
		if (hash->slot[i].value)
			slot[place(slot, size, hash->slot[i].key)] = hash->slot[i];
	free(hash->slot);
	hash->slot = slot;
	hash->size = size;
	return 0;
}

int hash__reserve(struct hash *hash, u32 nr)
{
	u32 size = hash->size ? hash->size : FIRST_SIZE;

	while ((u64)nr * 4 > (u64)size * 3)
		size *= 2;
	return size == hash->size ? 0 : resize(hash, size);
}

int hash__set(struct hash *hash, u64 key, u32 value)
{
	int err = hash__reserve(hash, hash->used + 1);
	u32 i;

	if (err)
		return err;
	i = place(hash->slot, hash->size, key);
	hash->used += !hash->slot[i].value;
	hash->slot[i] = (struct hash_slot){key, value};
	return 0;
}

/* Open addressing: later keys of the same run must be placed again. */
void hash__remove(struct hash *hash, u64 key)
{
	u32 i;

	if (!hash__find(hash, key))
		return;
	i = place(hash->slot, hash->size, key);
	hash->slot[i].value = 0;
	hash->used--;
	for (i = (i + 1) & (hash->size - 1); hash->slot[i].value; i = (i + 1) & (hash->size - 1)) {
		struct hash_slot moved = hash->slot[i];

		hash->slot[i].value = 0;
		hash->slot[place(hash->slot, hash->size, moved.key)] = moved;
	}
}

void hash__clear(struct hash *hash)
{
	free(hash->slot);
	*hash = (struct hash){};
}
