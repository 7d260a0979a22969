// SPDX-License-Identifier: GPL-2.0
#include "rules/blind.h"
#include "rules/causality.h"

/* A map that came before the ref's first grant, by the clocks: it cannot have. */
void causality__check_map(struct ledger *ledger, const struct map *map,
			  const struct candidates *candidates)
{
	struct domain *granter = ledger->domains[map->granter];
	struct domain *mapper = ledger->domains[map->mapper];
	struct ref *ref = domain__ref(granter, map->ref);
	const struct gen *gen = gen__at(ledger, ref->gen);
	u64 at = span__system(&map->at), granted;

	if (candidates->off)
		ledger__add_doubt(ledger, granter, mapper, candidates->off);
	/* Only where there is no other candidate, and nothing may be missing. */
	if (candidates->nr || !gen || gen->older || gen->flags & (GEN_ADOPTED | GEN_RESET) ||
	    granter == mapper || !granter->feed || gen->peer != mapper->domid ||
	    gen->frame != map->frame || span__err(&map->at) >= CLOCK_ERR_UNKNOWN ||
	    span__err(&gen->grant) >= CLOCK_ERR_UNKNOWN ||
	    blind__within(ledger, NULL, granter, REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE), 0,
			  gen->grant.out, ""))
		return;
	granted = span__system(&gen->grant);
	if (granted > at)
		ledger__add_doubt(ledger, granter, mapper, granted - at);
}

/* Nothing of it is missing so far: an unmap is looked at as it comes, ahead of the next mark. */
static bool is_whole(const struct domain *domain, u32 events)
{
	return domain->feed && !domain->feed->lost && !domain->input->coverage.nr &&
	       !feed__blind_probe(domain->feed, events, 0, UINT64_MAX);
}

/*
 * The whole cycle: an end that succeeded came after the unmap of what was mapped of that
 * generation. By the clocks it was before, and nothing is missing that could explain it.
 */
void causality__check_unmap(struct ledger *ledger, const struct map *map)
{
	struct domain *granter = ledger->domains[map->granter];
	struct domain *mapper = ledger->domains[map->mapper];
	const struct gen *gen = gen__at(ledger, domain__ref(granter, map->ref)->gen);
	const struct span *end, *unmap;

	if (!gen || !map->end || map->flags & MAP_CLOSED_UNSEEN || granter == mapper)
		return;
	while (gen && !(gen->flags & GEN_ADOPTED) &&
	       ledger__before(ledger, map->mapper, &map->at, map->granter, &gen->grant))
		gen = gen__at(ledger, gen->older);
	/* Only where it is clear of which generation it was a map: the page is that one's too. */
	if (!gen || gen->flags & (GEN_ADOPTED | GEN_RESET | GEN_TAINTED) || !gen__ended_well(gen) ||
	    gen->peer != mapper->domid || gen->frame != map->frame ||
	    !ledger__before(ledger, map->granter, &gen->grant, map->mapper, &map->at))
		return;
	end = gen__end(ledger, gen);
	unmap = &ending__at(ledger, map->end)->at;
	if (ledger__before(ledger, map->granter, end, map->mapper, unmap) &&
	    is_whole(granter, REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE)) &&
	    is_whole(mapper, REC_BIT(REC_MAP) | REC_BIT(REC_UNMAP)))
		ledger__add_doubt(ledger, granter, mapper, span__system(unmap) - span__system(end));
}
