// SPDX-License-Identifier: GPL-2.0
/*
 * Maps and copies by backend drivers of grants from before the recording which have not ended.
 * Neither the grant nor an end shows the owner, so the driver may be late.
 */
#include "rules/candidates.h"

struct ownerless_sweep {
	struct rules *rules;
	struct ledger *ledger;
	struct domain *granter;
};

static bool is_recorded(const struct domain *granter, const struct map *map)
{
	const struct span clock = domain__clock(granter);
	u64 at = span__translate(&map->at, map->at.out, &clock);

	return at >= granter->feed->recording_since && at <= granter->input->coverage.mark;
}

/* Whether the record of the granter covers @map, and no event shows whose page it got. */
static bool is_ownerless(const struct ownerless_sweep *sweep, const struct map *map)
{
	struct candidates candidates;
	const struct gen *newest;
	u32 i;

	if (map->status || map->kind == KIND_GNTDEV || map->kind == KIND_UNKNOWN ||
	    map->undecided || map->finding || map->flags & (MAP_DISPUTED | MAP_STALE) ||
	    map->granter == map->mapper || !is_recorded(sweep->granter, map))
		return false;
	candidates__find(sweep->rules, sweep->ledger, map, &candidates);
	for (i = 0; i < candidates.nr; i++)
		if (candidates.gen[i]->flags & GEN_ADOPTED &&
		    !(candidates.gen[i]->flags & GEN_ENDED))
			return true;
	/* If a later grant is on record, the older ones may have left the history. */
	newest = gen__at(sweep->ledger, domain__ref(sweep->granter, map->ref)->gen);
	return !candidates.nr && (!newest || newest->flags & GEN_ADOPTED);
}

static bool has_ownerless(const struct ownerless_sweep *sweep, u32 nr)
{
	const struct map *map;

	for (; nr; nr = map->next) {
		map = map__at(sweep->ledger, nr);
		if (is_ownerless(sweep, map))
			return true;
	}
	return false;
}

/* Whether a generation without an owner on record is possible: few refs have one. */
static bool may_be_ownerless(const struct ledger *ledger, const struct ref *state)
{
	const struct gen *gen = gen__at(ledger, state->gen);

	if (!gen)
		return true;
	while (gen && !(gen->flags & GEN_ADOPTED))
		gen = gen__at(ledger, gen->older);
	return gen;
}

static void count(void *ctx, u32 ref, struct ref *state)
{
	const struct ownerless_sweep *sweep = ctx;

	if (ref >= RESERVED_REFS && may_be_ownerless(sweep->ledger, state))
		sweep->rules->counters.ownerless +=
			has_ownerless(sweep, state->maps) ||
			has_ownerless(sweep, domain__copies(sweep->granter, ref));
}

void rules__count_ownerless(struct rules *rules, struct ledger *ledger)
{
	u32 i;

	for (i = 0; i < ledger->nr_domains; i++) {
		struct ownerless_sweep sweep = {rules, ledger, ledger->domains[i]};

		if (ledger->domains[i]->feed)
			domain__each_ref(ledger->domains[i], count, &sweep);
	}
}
