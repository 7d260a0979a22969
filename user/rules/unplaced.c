// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "rules/blind.h"
#include "rules/unplaced.h"

/* maximum of generations examined for one map */
#define MAX_STEPS 4096

/* ns; a larger gap is an unrecorded grant, no clock error */
#define CLOCK_OFF_MAX NSEC_PER_SEC

bool unplaced__is_clock(u64 off)
{
	return off <= CLOCK_OFF_MAX;
}

/* Distance of @map from @gen's life by the clocks, bounds left aside, ns; 1 within. */
static u64 distance(const struct ledger *ledger, const struct map *map, const struct gen *gen)
{
	u64 at = span__system(&map->at), granted = span__system(&gen->grant), ended;

	if (granted > at)
		return granted - at;
	ended = gen__ended_well(gen) ? span__system(gen__end(ledger, gen)) : at;
	return ended < at ? at - ended : 1;
}

/*
 * Returns the generation for this mapper that is the nearest in time. @by_frame: among those with
 * the page of the map.
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
	/* By time alone another generation is possible too. */
	if (!by_frame)
		return;
	candidates->gen[0] = candidates->floor = gen;
	candidates->nr = 1;
	candidates->by_frame = true;
	candidates->outside = false;
}

/* Whether an unrecorded grant of the ref may lie between the last recorded one and @map. */
static bool may_be_regranted(struct ledger *ledger, const struct map *map,
			     const struct candidates *candidates)
{
	const struct domain *granter = ledger->domains[map->granter];
	const struct domain *mapper = ledger->domains[map->mapper];
	const struct span clock = domain__clock(granter);
	struct span from;

	if (!candidates->floor)
		return blind__between(ledger, NULL, granter, mapper, &clock, REC_BIT(REC_GRANT),
				      &map->at, &map->at, "");
	from = gen__live_from(candidates->floor);
	return blind__until(ledger, granter, mapper,
			    span__has_in(&from) ? span__in(&from) : from.out, REC_BIT(REC_GRANT),
			    &map->at);
}

/*
 * Returns the ref's first recorded grant if it and all later ones surely came after @map, NULL
 * otherwise.
 */
static const struct gen *first_after(struct ledger *ledger, const struct map *map)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	const struct gen *gen, *first = NULL;
	u32 steps = MAX_STEPS;

	for (gen = gen__at(ledger, ref->gen); gen && steps;
	     gen = gen__at(ledger, gen->older), steps--) {
		/* Granted before recording. It is no candidate, so it had ended. */
		if (gen->flags & GEN_ADOPTED)
			break;
		if (!ledger__before(ledger, map->mapper, &map->at, map->granter, &gen->grant))
			return NULL;
		first = gen;
	}
	/* Older generations left the history, which happens to past ones only. */
	if (first && first->number > 1 && !first->older &&
	    ledger__is_past(ledger, span__system(&map->at)))
		return NULL;
	return first;
}

/*
 * Whether all grants that were live before the recording are known: the whole table was read before
 * the map, and nothing is missing since. The ref has no entry in it, which would be a generation.
 */
static bool has_whole_baseline(struct ledger *ledger, const struct map *map)
{
	const struct domain *granter = ledger->domains[map->granter];
	const struct feed_value *read = feed__fact_at(granter->feed, "baseline", UINT64_MAX);
	struct span at = domain__clock(granter);

	if (!read || strcmp(read->text, "read") || granter->forgotten)
		return false;
	at.out = read->since;
	return ledger__before(ledger, map->granter, &at, map->mapper, &map->at) &&
	       !blind__within(ledger, NULL, granter, REC_BIT(REC_ENTRY),
			      granter->feed->recording_since, read->since, "") &&
	       !blind__until(ledger, granter, ledger->domains[map->mapper], read->since,
			     REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE) | REC_BIT(REC_RESET),
			     &map->at);
}

/*
 * Whether the map may be of an unrecorded or older grant. That grant must have ended before the
 * next one; here no end between the map and the next grant is recorded.
 */
static bool may_be_older(struct ledger *ledger, const struct map *map)
{
	struct domain *granter = ledger->domains[map->granter];
	const struct span clock = domain__clock(granter);
	const struct gen *next = first_after(ledger, map);

	if (span__system(&map->at) < granter->input->begin)
		return true;
	if (has_whole_baseline(ledger, map))
		return false;
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

/* No possible generation is recorded. */
static void explain_none(struct ledger *ledger, const struct map *map,
			 struct candidates *candidates, bool pv)
{
	const bool trusted = !ledger->domains[map->mapper]->domid;

	/* The granter's record contradicts a guest's report. is_disputed() counts it. */
	if (candidates->floor && !trusted)
		return;
	if (candidates->floor ? candidates->outside || may_be_regranted(ledger, map, candidates)
			      : may_be_older(ledger, map))
		return;
	place(ledger, map, candidates, pv && map->frame);
	/* A map reported by a guest must not widen the bounds of another domain's clock. */
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
		 * The map is of a replaced grant that another map pins. The clocks are right, and
		 * the map may be meant for the grant that replaced it.
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
