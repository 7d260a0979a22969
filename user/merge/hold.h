/* SPDX-License-Identifier: GPL-2.0 */
/* Items of a feed, read ahead and kept in order until their clock is known. Bounded. */
#ifndef GRANTWATCH_HOLD_H
#define GRANTWATCH_HOLD_H

#include "sources/feed.h"

#define HOLD_BYTES (16u << 20) /* or so much of one */
#define HOLD_ITEMS 16384u      /* as many of each feed are read before the clocks are derived */

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
		u64 at; /* offset in bytes, or the watermark */
	} * items;
	u32 nr, next, room;
	bool broken; /* memory was short: nothing more is held */
};

void hold__cleanup(struct hold *hold);

/* Keep a copy. False when there is no room. */
bool hold__put(struct hold *hold, const struct item *item);

/* The next one in order; false at the end, when the memory is given back. */
bool hold__get(struct hold *hold, struct item *item);

/* Item @i of those that have been put, for looking at. */
void hold__peek(const struct hold *hold, u32 i, struct item *item);

#endif
