// SPDX-License-Identifier: GPL-2.0
/*
 * A mutator for inputs of a byte of flags and the records of a capture. It copies a field's value
 * from another record, or moves, doubles or drops a record. Other inputs, and other changes, are
 * left to libFuzzer.
 */
#include <stdlib.h>
#include <string.h>

#include "capture/reader.h"

#include "wrap.h"

#define MOST_RECORDS 4096u

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned int seed);
size_t LLVMFuzzerMutate(u8 *data, size_t size, size_t max_size);

struct chain {
	u8 *bytes; /* the records */
	size_t size, max_size;
	u32 at[MOST_RECORDS], nr;
	u32 seed;
};

static u32 next_random(struct chain *chain, u32 below)
{
	chain->seed = chain->seed * 1664525u + 1013904223u;
	return (chain->seed >> 8) % below;
}

static u32 len_at(const struct chain *chain, size_t at)
{
	u32 len;

	memcpy(&len, chain->bytes + at + offsetof(struct rec, len), sizeof(len));
	return wrap__len(len, chain->size - at);
}

/* Finds the records by the lengths that they claim, as wrap__records() does. */
static void find_records(struct chain *chain)
{
	size_t at;

	chain->nr = 0;
	for (at = 0; chain->size - at >= sizeof(struct rec) && chain->nr < MOST_RECORDS;
	     at += len_at(chain, at))
		chain->at[chain->nr++] = (u32)at;
}

/* Changes 2, 4 or 8 bytes to those of another record, or adds or subtracts one. */
static void change_field(struct chain *chain)
{
	const u32 width = 2u << next_random(chain, 3);
	u32 to = next_random(chain, chain->nr), from = next_random(chain, chain->nr);
	u32 to_words = len_at(chain, chain->at[to]) / width;
	u32 from_words = len_at(chain, chain->at[from]) / width;
	u32 word = sizeof(struct rec) / width + next_random(chain, to_words);
	u8 *field = chain->bytes + chain->at[to] + (size_t)word % to_words * width;
	u64 value = 0;

	/* The same offset has the same field if both records are of one type. */
	if (next_random(chain, 2))
		memcpy(field, chain->bytes + chain->at[from] + word % from_words * width, width);
	memcpy(&value, field, width);
	if (!next_random(chain, 3))
		value += next_random(chain, 2) ? 1 : (u64)-1;
	memcpy(field, &value, width);
}

static void drop_record(struct chain *chain)
{
	u32 i = next_random(chain, chain->nr);
	size_t at = chain->at[i], len = len_at(chain, at);

	memmove(chain->bytes + at, chain->bytes + at + len, chain->size - at - len);
	chain->size -= len;
}

/* Inserts a copy of a record before another one, or at the end. */
static void double_record(struct chain *chain)
{
	u32 from = next_random(chain, chain->nr), to = next_random(chain, chain->nr + 1);
	size_t at = to < chain->nr ? chain->at[to] : chain->size;
	size_t len = len_at(chain, chain->at[from]);
	u8 *copy;

	if (chain->size + len > chain->max_size)
		return;
	copy = malloc(len);
	memcpy(copy, chain->bytes + chain->at[from], len);
	memmove(chain->bytes + at + len, chain->bytes + at, chain->size - at);
	memcpy(chain->bytes + at, copy, len);
	chain->size += len;
	free(copy);
}

static void swap_types(struct chain *chain)
{
	static const u8 types[] = {REC_GRANT, REC_REVOKE, REC_FREE,  REC_RELEASE, REC_ARM,
				   REC_MAP,   REC_UNMAP,  REC_COPY,  REC_ENTRY,	  REC_RING,
				   REC_LOSS,  REC_CLOCK,  REC_PROBE, REC_FACT,	  REC_END};

	chain->bytes[chain->at[next_random(chain, chain->nr)]] =
		types[next_random(chain, ARRAY_SIZE(types))];
}

size_t LLVMFuzzerCustomMutator(u8 *data, size_t size, size_t max_size, unsigned int seed)
{
	static struct chain chain;

	chain.bytes = data + 1;
	chain.size = size ? size - 1 : 0;
	chain.max_size = max_size - 1;
	chain.seed = seed;
	find_records(&chain);
	/* Streams with headers and checksums have no records to change here. */
	if (!chain.nr || !(data[0] & 1) || !next_random(&chain, 4))
		return LLVMFuzzerMutate(data, size, max_size);
	switch (next_random(&chain, 8)) {
	case 0:
		drop_record(&chain);
		break;
	case 1:
	case 2:
		double_record(&chain);
		break;
	case 3:
		swap_types(&chain);
		break;
	default:
		change_field(&chain);
	}
	return 1 + chain.size;
}
