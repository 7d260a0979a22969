// SPDX-License-Identifier: GPL-2.0
#include "rules/gen_uses.h"

/* Whether by time @map is surely of @gen. */
static bool is_within(const struct ledger *ledger, const struct map *map, const struct gen *gen)
{
	return !(gen->flags & GEN_ADOPTED) &&
	       ledger__before(ledger, map->granter, &gen->grant, map->mapper, &map->at) &&
	       ledger__before(ledger, map->mapper, &map->at, map->granter, gen__end(ledger, gen));
}

static bool may_have_used(const struct ledger *ledger, const struct map *map, const struct gen *gen)
{
	return !map->status &&
	       !ledger__before(ledger, map->mapper, &map->at, map->granter, &gen->grant) &&
	       !ledger__before(ledger, map->granter, gen__end(ledger, gen), map->mapper, &map->at);
}

void gen_uses__find(struct ledger *ledger, const struct ref *ref, const struct gen *gen,
		    struct gen_uses *uses)
{
	const struct map *map;
	u32 nr;

	*uses = (struct gen_uses){.gen = gen};
	for (nr = ref->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if ((gen__is_known(gen) && ledger->domains[map->mapper]->domid != gen->peer) ||
		    !may_have_used(ledger, map, gen))
			continue;
		uses->may[map->mapper] = true;
		if (map->call)
			call__at(ledger, map->call)->marked = true;
	}
}

void gen_uses__done(struct ledger *ledger, const struct ref *ref)
{
	const struct map *map;
	u32 nr;

	for (nr = ref->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if (map->call)
			call__at(ledger, map->call)->marked = false;
	}
}

bool gen_uses__surely(struct ledger *ledger, const struct ref *ref, struct gen_uses *uses,
		      u8 mapper)
{
	const struct map *map;
	u32 nr;

	if (uses->surely[mapper] != SURELY_UNKNOWN)
		return uses->surely[mapper] == SURELY_YES;
	uses->surely[mapper] = SURELY_NO;
	for (nr = ref->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if (map->mapper != mapper || map->status || !is_within(ledger, map, uses->gen))
			continue;
		uses->surely[mapper] = SURELY_YES;
		return true;
	}
	return false;
}
