/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Items of a feed that were read ahead and are kept in order until the feed's clock is known.
 * Bounded.
 */
#ifndef GRANTWATCH_HOLD_H
#define GRANTWATCH_HOLD_H

#include "sources/feed.h"

#define HOLD_BYTES (16u << 20) /* or so much of one */
#define HOLD_ITEMS 16384u      /* items read of each feed before clocks are derived */

enum item_type {
	ITEM_NONE, /* nothing there yet */
	ITEM_EVENT,
	ITEM_CLOCK,
	ITEM_MARK,
	ITEM_END,
};

struct item {
	enum item_type type;
	const struct rec *rec; /* EVENT, CLOCK */
	u64 watermark;	       /* MARK, END */
};

struct hold {
	u8 *bytes;
	size_t len, size;
	struct held {
		u32 type;
		u64 at; /* offset in @bytes, or the watermark */
	} * items;
	u32 nr, next, room;
	bool broken; /* memory was short: no further items are held */
};

void hold__cleanup(struct hold *hold);

/* Keeps a copy of @item. Returns false without room. */
bool hold__put(struct hold *hold, const struct item *item);

/* Takes the next item. Returns false at the end, and frees the memory. */
bool hold__get(struct hold *hold, struct item *item);

/* Reads item @i of those that were put, without taking it. */
void hold__peek(const struct hold *hold, u32 i, struct item *item);

#endif
