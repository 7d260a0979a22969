// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "merge/hold.h"
#include "util/array.h"

void hold__cleanup(struct hold *hold)
{
	free(hold->bytes);
	free(hold->items);
	memset(hold, 0, sizeof(*hold));
}

static bool make_room(struct hold *hold, size_t len)
{
	void *items = array__reserve(hold->items, &hold->room, hold->nr + 1, sizeof(*hold->items));

	if (!items)
		return false;
	hold->items = items;
	if (hold->len + len > hold->size) {
		size_t size = max(2 * hold->size, hold->len + len + 65536);
		void *bytes = realloc(hold->bytes, size);

		if (!bytes)
			return false;
		hold->bytes = bytes;
		hold->size = size;
	}
	return true;
}

bool hold__put(struct hold *hold, const struct item *item)
{
	size_t len = item->rec ? item->rec->len : 0;

	if (!make_room(hold, len)) {
		hold->broken = true;
		return false;
	}
	hold->items[hold->nr].type = item->type;
	hold->items[hold->nr++].at = item->rec ? hold->len : item->watermark;
	if (len)
		memcpy(hold->bytes + hold->len, item->rec, len);
	hold->len += len;
	return true;
}

void hold__peek(const struct hold *hold, u32 i, struct item *item)
{
	const struct held *held = &hold->items[i];

	item->type = held->type;
	item->rec = NULL;
	item->watermark = 0;
	if (held->type == ITEM_EVENT || held->type == ITEM_CLOCK)
		item->rec = (const void *)(hold->bytes + held->at);
	else
		item->watermark = held->at;
}

bool hold__get(struct hold *hold, struct item *item)
{
	if (hold->next == hold->nr) {
		if (hold->nr)
			hold__cleanup(hold);
		return false;
	}
	hold__peek(hold, hold->next++, item);
	return true;
}
