// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "merge/join_named.h"
#include "util/array.h"

void named_list__cleanup(struct named_list *list)
{
	free(list->item);
	memset(list, 0, sizeof(*list));
}

/* Makes room for one more: forgets what nobody may ask for, then the oldest half. */
static int make_room(struct named_list *list)
{
	struct named *more;

	if (list->nr < list->room)
		return 0;
	if (list->nr - list->first == NAMED_MAX) {
		list->first += NAMED_MAX / 2;
		list->dropped += NAMED_MAX / 2;
	}
	if (list->first >= list->room / 2 && list->room) {
		memmove(list->item, list->item + list->first,
			(list->nr - list->first) * sizeof(*list->item));
		list->nr -= list->first;
		list->first = 0;
		return 0;
	}
	more = array__reserve(list->item, &list->room, list->nr + 1, sizeof(*more));
	if (!more)
		return -ENOMEM;
	list->item = more;
	return 0;
}

int named_list__add(struct named_list *list, const struct xt_rec *rec, u16 domid)
{
	bool map = rec->event->kind == XT_GRANT_MAP_OP;
	struct named named;
	u32 at;

	if ((!map && rec->event->kind != XT_GRANT_UNMAP_DONE) || rec->domid != domid ||
	    rec->nr_words < 5 || rec->flags & (XT_F_NO_TIME | XT_F_NO_TSC))
		return 0;
	if (make_room(list))
		return -ENOMEM;
	named = (struct named){.tsc = rec->tsc,
			       .from = rec->hypercall ? rec->hypercall->tsc : 0,
			       .granter = (u16)xt_rec__word(rec, 0),
			       .ref = xt_rec__word(rec, 1),
			       .flags = map ? xt_rec__word(rec, 2) : 0,
			       .handle = map ? xt_rec__word(rec, 3) : xt_rec__word(rec, 2),
			       .status = map ? (s32)xt_rec__word(rec, 4) : 0,
			       .kind = map ? PAIR_MAP : PAIR_UNMAP};
	for (at = list->nr++; at > list->first && list->item[at - 1].tsc > named.tsc; at--)
		list->item[at] = list->item[at - 1];
	list->item[at] = named;
	list->records++;
	return 0;
}

static u32 first_from(const struct named_list *list, u64 tsc)
{
	u32 low = list->first, high = list->nr;

	while (low < high) {
		u32 middle = low + (high - low) / 2;

		if (list->item[middle].tsc < tsc)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void named_list__forget(struct named_list *list, u64 tsc)
{
	list->first = first_from(list, tsc);
}

static bool is_like(const struct named *a, const struct named *b)
{
	/* A refused map has no handle. */
	return a->kind == b->kind && a->granter == b->granter && a->ref == b->ref &&
	       a->status == b->status && a->flags == b->flags &&
	       (a->status || a->handle == b->handle);
}

const struct named *named_list__find(const struct named_list *list, const struct named *like,
				     u64 lo, u64 hi)
{
	const struct named *found = NULL;
	u32 i;

	for (i = first_from(list, lo); i < list->nr && list->item[i].tsc <= hi; i++) {
		if (!is_like(&list->item[i], like))
			continue;
		if (found)
			return NULL;
		found = &list->item[i];
	}
	return found;
}
