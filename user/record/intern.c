// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "record/intern.h"

#define FIRST_SIZE 256

static u64 mix(u64 x)
{
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ull;
	x ^= x >> 32;
	x *= 0xd6e8feb86659fd93ull;
	return x ^ (x >> 32);
}

u64 intern__hash(const void *data, size_t len, u64 seed)
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

/* The slot of @key, or the free one where it belongs. */
static u32 place(const struct intern_slot *slot, u32 size, u64 key)
{
	u32 i = (u32)mix(key) & (size - 1);

	while (slot[i].id && slot[i].key != key)
		i = (i + 1) & (size - 1);
	return i;
}

u32 intern__find(const struct intern *table, u64 key)
{
	return table->size ? table->slot[place(table->slot, table->size, key)].id : 0;
}

static int grow(struct intern *table)
{
	u32 i, size = table->size ? table->size * 2 : FIRST_SIZE;
	struct intern_slot *slot = calloc(size, sizeof(*slot));

	if (!slot)
		return -ENOMEM;
	for (i = 0; i < table->size; i++)
		if (table->slot[i].id)
			slot[place(slot, size, table->slot[i].key)] = table->slot[i];
	free(table->slot);
	table->slot = slot;
	table->size = size;
	return 0;
}

int intern__set(struct intern *table, u64 key, u32 id)
{
	u32 i;

	if (4 * (table->used + 1) > 3 * table->size) {
		int err = grow(table);

		if (err)
			return err;
	}
	i = place(table->slot, table->size, key);
	table->used += !table->slot[i].id;
	table->slot[i] = (struct intern_slot){key, id};
	return 0;
}

/* Open addressing: what follows in the same run has to be placed anew. */
void intern__remove(struct intern *table, u64 key)
{
	u32 i;

	if (!intern__find(table, key))
		return;
	i = place(table->slot, table->size, key);
	table->slot[i].id = 0;
	table->used--;
	for (i = (i + 1) & (table->size - 1); table->slot[i].id; i = (i + 1) & (table->size - 1)) {
		struct intern_slot moved = table->slot[i];

		table->slot[i].id = 0;
		table->slot[place(table->slot, table->size, moved.key)] = moved;
	}
}

void intern__clear(struct intern *table)
{
	free(table->slot);
	*table = (struct intern){};
}
