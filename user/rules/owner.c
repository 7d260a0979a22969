// SPDX-License-Identifier: GPL-2.0
#include "rules/owner.h"

bool owner__is_backend(struct ledger *ledger, const struct map *map)
{
	return comm__is_backend(ledger->policy, map__task(ledger, map)->comm);
}

bool owner__excludes(struct ledger *ledger, const struct map *map, const struct gen *gen)
{
	enum kind owner = gen__owner(ledger->domains[map->granter], map->ref, gen);

	switch (kind__serves(ledger->policy, owner, map->kind)) {
	case SERVES_NO:
		return true;
	case SERVES_BACKEND:
		/*
		 * An unknown process may be somebody's own backend, unless a kernel backend serves.
		 */
		return gen->flags & GEN_SHARED && !owner__is_backend(ledger, map);
	default:
		return false;
	}
}

bool owner__fits(struct ledger *ledger, const struct map *map, const struct gen *gen)
{
	enum kind owner = gen__owner(ledger->domains[map->granter], map->ref, gen);

	return kind__serves(ledger->policy, owner, map->kind) == SERVES_YES;
}
