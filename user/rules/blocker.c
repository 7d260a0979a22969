// SPDX-License-Identifier: GPL-2.0
#include "rules/blocker.h"

/* Whether, by time, @map may have been in place when the ref was busy at @at. */
static bool may_keep_busy(const struct ledger *ledger, const struct map *map,
			  const struct domain *granter, const struct span *at)
{
	if (map->status || map->flags & MAP_DISPUTED ||
	    ledger__before(ledger, granter->index, at, map->mapper, &map->at))
		return false;
	return !map->end || !ledger__before(ledger, map->mapper, &ending__at(ledger, map->end)->at,
					    granter->index, at);
}

struct map *blocker__find(struct ledger *ledger, struct domain *granter, u32 ref,
			  const struct span *at)
{
	struct ref *state = domain__ref(granter, ref);
	struct map *map, *found = NULL;
	u32 nr;

	for (nr = state->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if (may_keep_busy(ledger, map, granter, at) && (!found || map->flags & MAP_STALE))
			found = map;
	}
	return found;
}

bool blocker__is_open(const struct ledger *ledger, const struct gen_event *end)
{
	const struct map *map;
	u32 nr;

	for (nr = domain__ref(end->granter, end->ref)->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if ((!(map->flags & MAP_JUDGED) ||
		     (map->flags & (MAP_PENDING | MAP_PARTIAL)) == MAP_PENDING) &&
		    may_keep_busy(ledger, map, end->granter, &end->at))
			return true;
	}
	return false;
}
