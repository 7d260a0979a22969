// SPDX-License-Identifier: GPL-2.0
#include "rules/blind.h"
#include "rules/causality.h"
#include "rules/unplaced.h"

bool causality__check_map(struct ledger *ledger, const struct map *map,
			  const struct candidates *candidates)
{
	if (candidates->off)
		ledger__add_doubt(ledger, ledger->domains[map->granter],
				  ledger->domains[map->mapper], candidates->off);
	return candidates->off;
}

/* Checks the maps or copies of the list @nr, which Xen permitted, against the first grant @gen. */
static void check_list(struct rules *rules, struct ledger *ledger, const struct domain *granter,
		       u32 nr, const struct gen *gen)
{
	struct map *map;
	u64 off;

	for (; nr; nr = map->next) {
		map = map__at(ledger, nr);
		off = map->undecided ? 0 : unplaced__before_first(ledger, map, gen);
		if (!off)
			continue;
		/* A map reported by a guest must not widen the bounds of another domain's clock. */
		map->undecided = !unplaced__is_clock(off) || ledger->domains[map->mapper]->domid;
		if (!map->undecided)
			ledger__add_doubt(ledger, granter, ledger->domains[map->mapper], off);
		else if (map->is_copy)
			rules->counters.copies_strange++;
		else
			rules->counters.strays++;
	}
}

void causality__check_first(struct rules *rules, struct ledger *ledger,
			    const struct domain *granter, u32 ref, const struct gen *gen)
{
	if (gen->older || gen->number > 1 || gen->flags & GEN_ADOPTED)
		return;
	check_list(rules, ledger, granter, domain__ref(granter, ref)->maps, gen);
	check_list(rules, ledger, granter, domain__copies(granter, ref), gen);
}

struct first_sweep {
	struct rules *rules;
	struct ledger *ledger;
	const struct domain *granter;
};

static void sweep_first(void *ctx, u32 ref, struct ref *state)
{
	const struct first_sweep *sweep = ctx;
	const struct gen *gen = gen__at(sweep->ledger, state->gen);

	/* Generations that ended were checked at their end. */
	if (gen && !gen__ended_well(gen))
		causality__check_first(sweep->rules, sweep->ledger, sweep->granter, ref, gen);
}

void causality__check_all(struct rules *rules, struct ledger *ledger)
{
	u32 i;

	for (i = 0; i < ledger->nr_domains; i++) {
		struct first_sweep sweep = {rules, ledger, ledger->domains[i]};

		if (ledger->domains[i]->feed)
			domain__each_ref(ledger->domains[i], sweep_first, &sweep);
	}
}

/*
 * Whether @domain has no loss of @events since @from so far. An unmap is checked when it is
 * entered, before the next mark.
 */
static bool is_whole(const struct domain *domain, u32 events, u64 from)
{
	return domain->feed && !domain->feed->lost && !domain->input->coverage.nr &&
	       !feed__blind_probe(domain->feed, events, from, UINT64_MAX);
}

/*
 * Whether @map is surely of @gen, within whose life it came. Evidence by the page alone is not
 * enough: the grant of the next generation may not have been entered yet.
 */
static bool is_of(const struct ledger *ledger, const struct map *map, const struct gen *gen)
{
	return ledger__before(ledger, map->granter, &gen->grant, map->mapper, &map->at) &&
	       ledger__before(ledger, map->mapper, &map->at, map->granter, gen__end(ledger, gen)) &&
	       (!domain__says_pv(ledger->domains[map->granter]) || gen->frame == map->frame);
}

/*
 * Whether @end, the end of @gen, shows how long @map lasted at most. If the grant of @gen is
 * unrecorded, the map may be of an older one, but no end of the ref succeeds while it is mapped.
 */
static bool is_bound(const struct ledger *ledger, const struct map *map, const struct gen *gen)
{
	const struct domain *granter = ledger->domains[map->granter];

	if (gen->flags & (GEN_RESET | GEN_TAINTED) || !gen__ended_well(gen) ||
	    (gen__is_known(gen) && gen->peer != ledger->domains[map->mapper]->domid))
		return false;
	if (gen->flags & GEN_ADOPTED)
		return granter->feed && !granter->reset_at && !(gen->flags & GEN_GONE) &&
		       ledger__before(ledger, map->mapper, &map->at, map->granter,
				      gen__end(ledger, gen));
	return is_of(ledger, map, gen);
}

/* Since when the granter must have been recorded, so that no end or grant of @gen is missing. */
static u64 known_from(const struct domain *granter, const struct gen *gen)
{
	if (gen->flags & GEN_ADOPTED)
		return granter->feed->recording_since;
	return span__has_in(&gen->grant) ? span__in(&gen->grant) : gen->grant.out;
}

/*
 * An end that succeeded comes after the unmap of the generation's maps. If by the clocks it comes
 * before, and no loss explains it, the clocks contradict each other.
 */
void causality__check_unmap(struct rules *rules, struct ledger *ledger, const struct map *map)
{
	struct domain *granter = ledger->domains[map->granter];
	struct domain *mapper = ledger->domains[map->mapper];
	const struct gen *gen = gen__at(ledger, domain__ref(granter, map->ref)->gen);
	const struct span *end, *unmap;
	u64 off;

	if (!gen || !map->end || map->flags & MAP_CLOSED_UNSEEN || granter == mapper)
		return;
	while (gen && !(gen->flags & GEN_ADOPTED) &&
	       ledger__before(ledger, map->mapper, &map->at, map->granter, &gen->grant))
		gen = gen__at(ledger, gen->older);
	if (!gen || !is_bound(ledger, map, gen))
		return;
	end = gen__end(ledger, gen);
	unmap = &ending__at(ledger, map->end)->at;
	if (!ledger__before(ledger, map->granter, end, map->mapper, unmap) ||
	    !is_whole(granter, REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE),
		      known_from(granter, gen)) ||
	    !is_whole(mapper, REC_BIT(REC_MAP) | REC_BIT(REC_UNMAP), map->at.out))
		return;
	off = span__system(unmap) - span__system(end);
	if (unplaced__is_clock(off))
		ledger__add_doubt(ledger, granter, mapper, off);
	else
		rules->counters.strays++;
}
