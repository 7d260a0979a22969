// SPDX-License-Identifier: GPL-2.0
#include "rules/owner.h"

enum serves owner__is_backend(const struct ledger *ledger, const struct map *map)
{
	const char *comm = map__task(ledger, map)->comm;

	if (!comm[0])
		return SERVES_UNKNOWN;
	return comm__is_backend(ledger->policy, comm) ? SERVES_YES : SERVES_NO;
}

enum serves owner__serves(struct ledger *ledger, const struct map *map, const struct gen *gen)
{
	enum kind owner = gen__owner(ledger->domains[map->granter], map->ref, gen);
	enum serves serves = kind__serves(ledger->policy, owner, map->kind);

	if (serves != SERVES_BACKEND)
		return serves;
	/* An unknown process may be somebody's own backend, unless a kernel backend serves. */
	return gen->flags & GEN_SHARED && owner__is_backend(ledger, map) == SERVES_NO
		       ? SERVES_NO
		       : SERVES_UNKNOWN;
}
