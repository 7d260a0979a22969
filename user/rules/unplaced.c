// SPDX-License-Identifier: GPL-2.0
#include "rules/blind.h"
#include "rules/unplaced.h"

/* How many generations of one ref are looked at for one map. */
#define MAX_STEPS 4096

/* What is further away is not the clocks': a grant was not seen. */
#define CLOCK_OFF_MAX NSEC_PER_SEC

bool unplaced__is_clock(u64 off)
{
	return off <= CLOCK_OFF_MAX;
}

/* How far @gen's life lies from @map by the clocks, bounds left aside. */
static u64 distance(const struct ledger *ledger, const struct map *map, const struct gen *gen)
{
	u64 at = span__system(&map->at), granted = span__system(&gen->grant), ended;

	if (granted > at)
		return granted - at;
	ended = gen__ended_well(gen) ? span__system(gen__end(ledger, gen)) : at;
	return ended < at ? at - ended : 1;
}

/*
 * The generation for this mapper that is the nearest in time. @by_frame: of those that have the
 * page which the map returned.
 */
static struct gen *nearest(struct ledger *ledger, const struct map *map, bool by_frame, u64 *off)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	struct gen *gen, *found = NULL;
	u32 steps = MAX_STEPS;

	for (gen = gen__at(ledger, ref->gen); gen && steps;
	     gen = gen__at(ledger, gen->older), steps--) {
		if (gen->flags & GEN_ADOPTED || (by_frame && gen->frame != map->frame) ||
		    gen->peer != ledger->domains[map->mapper]->domid)
			continue;
		if (!found || distance(ledger, map, gen) < *off) {
			*off = distance(ledger, map, gen);
			found = gen;
		}
	}
	return found;
}

static void place(struct ledger *ledger, const struct map *map, struct candidates *candidates,
		  bool by_frame)
{
	u64 off = 0;
	struct gen *gen = nearest(ledger, map, by_frame, &off);

	candidates->nr = 0;
	candidates->outside = true;
	candidates->stray = !gen || !unplaced__is_clock(off);
	if (candidates->stray)
		return;
	candidates->off = off;
	/* By time alone it may be another one just as well. */
	if (!by_frame)
		return;
	candidates->gen[0] = candidates->floor = gen;
	candidates->nr = 1;
	candidates->by_frame = true;
	candidates->outside = false;
}

/*
 * Whether the granter may have granted the ref anew, unseen, between its last grant that is on
 * record and @map.
 */
static bool may_be_regranted(struct ledger *ledger, const struct map *map,
			     const struct candidates *candidates)
{
	struct domain *granter = ledger->domains[map->granter];
	const struct span *from = candidates->floor ? &candidates->floor->grant : &map->at;
	const struct span clock = domain__clock(granter);

	return blind__between(ledger, NULL, granter, ledger->domains[map->mapper], &clock,
			      REC_BIT(REC_GRANT), from, &map->at, "");
}

/* The first grant on record that surely came after @map; NULL if one may be older than that. */
static const struct gen *first_after(struct ledger *ledger, const struct map *map)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	const struct gen *gen, *first = NULL;
	u32 steps = MAX_STEPS;

	for (gen = gen__at(ledger, ref->gen); gen && steps;
	     gen = gen__at(ledger, gen->older), steps--) {
		/* From before recording; no candidate, so it had ended. */
		if (gen->flags & GEN_ADOPTED)
			break;
		if (!ledger__before(ledger, map->mapper, &map->at, map->granter, &gen->grant))
			return NULL;
		first = gen;
	}
	/* Others have left the history, and only of what is past. */
	if (first && first->number > 1 && !first->older &&
	    ledger__is_past(ledger, span__system(&map->at)))
		return NULL;
	return first;
}

/*
 * Whether what was mapped may have been granted before recording began, or unseen. It was over
 * when the ref was granted, which takes an end: none between the map and that grant is on record.
 */
static bool may_be_older(struct ledger *ledger, const struct map *map)
{
	struct domain *granter = ledger->domains[map->granter];
	const struct span clock = domain__clock(granter);
	const struct gen *next = first_after(ledger, map);

	if (span__system(&map->at) < granter->input->begin)
		return true;
	return !next || next->flags & (GEN_RESET | GEN_TAINTED) ||
	       blind__between(ledger, NULL, granter, ledger->domains[map->mapper], &clock,
			      REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE) | REC_BIT(REC_RESET),
			      &map->at, &next->grant, "");
}

u64 unplaced__before_first(struct ledger *ledger, const struct map *map, const struct gen *gen)
{
	if (map->status || map->ref < RESERVED_REFS || map->granter == map->mapper ||
	    first_after(ledger, map) != gen || gen->peer != ledger->domains[map->mapper]->domid ||
	    may_be_older(ledger, map))
		return 0;
	return distance(ledger, map, gen);
}

/* Nothing that may have been is a candidate. */
static void explain_none(struct ledger *ledger, const struct map *map,
			 struct candidates *candidates, bool pv)
{
	const bool trusted = !ledger->domains[map->mapper]->domid;

	/*
	 * The granter's word against a guest's. The books exclude that map, which is said where
	 * it is settled.
	 */
	if (candidates->floor && !trusted)
		return;
	if (candidates->floor ? candidates->outside || may_be_regranted(ledger, map, candidates)
			      : may_be_older(ledger, map))
		return;
	place(ledger, map, candidates, pv && map->frame);
	/* What a guest says it mapped is no measure of another's clock. */
	if (candidates->off && !trusted)
		*candidates = (struct candidates){.outside = true, .stray = true};
}

void unplaced__explain(struct ledger *ledger, const struct map *map, struct candidates *candidates,
		       bool pv)
{
	const struct gen *floor = candidates->floor;

	if (!candidates->nr) {
		if (map->granter != map->mapper && map->ref >= RESERVED_REFS)
			explain_none(ledger, map, candidates, pv);
		return;
	}
	if (!may_be_regranted(ledger, map, candidates)) {
		place(ledger, map, candidates, true);
		/*
		 * Of a grant that was replaced, which another map pins: the clocks are right, and
		 * the map may have been meant for the grant that replaced it.
		 */
		if (floor && floor->flags & GEN_TAINTED && candidates->nr &&
		    candidates->gen[0]->flags & GEN_IMPLICIT_END) {
			candidates->off = 0;
			candidates->outside = true;
		}
		return;
	}
	candidates->nr = 0;
	candidates->outside = true;
}
