// SPDX-License-Identifier: GPL-2.0
/* Which maps of a ref are kept, and for how long. */
#include "ledger/ledger_internal.h"

static u32 *handle_of(struct ledger *ledger, const struct map *map)
{
	return domain__handle(ledger->domains[map->mapper], map->handle);
}

void ledger__forget_handle(struct ledger *ledger, u32 nr)
{
	u32 *slot = handle_of(ledger, map__at(ledger, nr));

	if (slot && *slot == nr)
		*slot = 0;
}

void ledger__put_map(struct ledger *ledger, u32 nr)
{
	struct map *map = map__at(ledger, nr);

	if (map->flags & MAP_OPEN)
		ledger__forget_handle(ledger, nr);
	if (map->end)
		pool__put(&ledger->endings, map->end);
	if (map->call)
		ledger__put_call(ledger, map->call);
	if (map->stamp)
		pool__put(&ledger->stamps, map->stamp);
	ledger->domains[map->mapper]->nr_items--;
	pool__put(&ledger->maps, nr);
}

/* Whether @map is queued to be judged. */
static bool is_queued(const struct ledger *ledger, const struct map *map)
{
	return map->flags & MAP_PENDING || (map->end && ending__at(ledger, map->end)->waiting);
}

/* Whether an unsettled item may ask about @map. */
static bool is_needed(const struct ledger *ledger, const struct map *map)
{
	if (map->flags & MAP_OPEN || is_queued(ledger, map))
		return true;
	return !ledger__is_past(ledger, span__system(map->end ? &ending__at(ledger, map->end)->at
							      : &map->at));
}

/*
 * Each sort has a history of its own: many failed attempts of a process, or many maps reported by a
 * guest, must not push a kernel backend's maps out.
 */
enum map_sort { SORT_REFUSED, SORT_PROCESS, SORT_KERNEL, SORTS };

static u32 sort_of(const struct ledger *ledger, const struct map *map)
{
	const struct domain *mapper = ledger->domains[map->mapper];
	u32 sort = map->status		      ? SORT_REFUSED
		   : map->kind == KIND_GNTDEV ? SORT_PROCESS
					      : SORT_KERNEL;

	return mapper->domid ? sort + SORTS : sort;
}

/* Notes in the arm of @map, which leaves the history, that it had a map. */
static void leave_mark(struct ledger *ledger, const struct ref *ref, const struct map *map)
{
	struct arm *arm;
	u32 nr;

	if (!map->call || map->status)
		return;
	for (nr = ref->arms; nr; nr = arm->next) {
		arm = arm__at(ledger, nr);
		if (arm->call == map->call)
			arm->flags |= ARM_MAPPED;
	}
}

void ledger__trim_maps(struct ledger *ledger, const struct domain *granter, struct ref *ref)
{
	u32 history = ledger__history(ledger, granter), most = ledger->limits->maps;
	u32 *link = &ref->maps, kept[2 * SORTS] = {}, all = 0;

	/* Walks the list only when it has twice the length that is kept. */
	if (ref->nr_maps <= 2 * history || ref->nr_maps % ledger->limits->history)
		return;
	while (*link) {
		struct map *map = map__at(ledger, *link);
		u32 nr = *link;
		bool full = ++all > most;

		if (is_queued(ledger, map) ||
		    (!full && (is_needed(ledger, map) || kept[sort_of(ledger, map)]++ < history))) {
			/*
			 * While marks are missing, maps stay pending. Bounds the walk over such a
			 * list.
			 */
			if (all > 2 * most)
				return;
			link = &map->next;
			continue;
		}
		ledger->dropped[LIMIT_MAPS] += is_needed(ledger, map);
		leave_mark(ledger, ref, map);
		*link = map->next;
		ref->nr_maps--;
		ledger__put_map(ledger, nr);
	}
}
