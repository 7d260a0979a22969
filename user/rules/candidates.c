// SPDX-License-Identifier: GPL-2.0
/* On which generation of its ref did a map land? */
#include <string.h>

#include "rules/blind.h"
#include "rules/candidates.h"
#include "rules/frames.h"

/* How many generations of one ref are looked at for one map. */
#define MAX_STEPS 4096

/* The machine frame that @gen grants, 0 when it is not known. */
static u64 machine_frame(struct rules *rules, struct domain *granter, const struct gen *gen,
			 bool pv)
{
	if (gen->flags & GEN_ADOPTED || !gen->frame)
		return 0;
	return pv ? gen->frame : frames__lookup(rules->frames[granter->index], gen->frame);
}

/* Whether time and grantee leave it open that @map landed on @gen, whose grant was not after it. */
static bool may_be(struct ledger *ledger, const struct map *map, const struct gen *gen)
{
	if (gen->peer != ledger->domains[map->mapper]->domid && !(gen->flags & GEN_ADOPTED))
		return false;
	return !(gen__ended_well(gen) && ledger__before(ledger, map->granter, gen__end(ledger, gen),
							map->mapper, &map->at));
}

/* Of several, the newest whose grant is not nominally after the map. */
static struct gen *likeliest(const struct candidates *candidates, const struct map *map)
{
	u32 i;

	for (i = 0; i < candidates->nr; i++)
		if (candidates->gen[i]->flags & GEN_ADOPTED ||
		    span__system(&candidates->gen[i]->grant) <= span__system(&map->at))
			return candidates->gen[i];
	return candidates->nr ? candidates->gen[candidates->nr - 1] : NULL;
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
 * The map is of none of the generations that the clocks allow, so they are wrong, or a grant was
 * not seen. The frame tells which generation it is of, if that one is on record.
 */
static void search_frame(struct ledger *ledger, const struct map *map,
			 struct candidates *candidates)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	struct gen *gen;
	u32 steps = MAX_STEPS;

	candidates->nr = 0;
	for (gen = gen__at(ledger, ref->gen); gen && steps;
	     gen = gen__at(ledger, gen->older), steps--) {
		if (gen->flags & GEN_ADOPTED || gen->frame != map->frame ||
		    gen->peer != ledger->domains[map->mapper]->domid)
			continue;
		if (!candidates->nr || distance(ledger, map, gen) < candidates->off) {
			candidates->off = distance(ledger, map, gen);
			candidates->gen[0] = candidates->floor = gen;
			candidates->nr = 1;
		}
	}
	candidates->by_frame = candidates->nr;
	candidates->stray = candidates->outside = !candidates->nr;
}

/*
 * Whether the granter may have granted the ref anew, unseen, between its last grant that is on
 * record and @map.
 */
static bool may_be_unseen(struct ledger *ledger, const struct map *map,
			  const struct candidates *candidates)
{
	struct domain *granter = ledger->domains[map->granter];
	const struct span *from = candidates->floor ? &candidates->floor->grant : &map->at;
	const struct span clock = domain__clock(granter);

	return blind__between(ledger, NULL, granter, ledger->domains[map->mapper], &clock,
			      REC_BIT(REC_GRANT), from, &map->at, "");
}

/* No candidate has the page that @map returned. */
static void exclude_all(struct ledger *ledger, const struct map *map, struct candidates *candidates)
{
	const struct gen *floor = candidates->floor;

	if (!may_be_unseen(ledger, map, candidates)) {
		search_frame(ledger, map, candidates);
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

/* Keep the candidates whose frame is the one that the map returned, if any of them is. */
static void narrow_by_frame(struct rules *rules, struct ledger *ledger, const struct map *map,
			    struct candidates *candidates, bool pv)
{
	struct domain *granter = ledger->domains[map->granter];
	u32 i, match = 0, excluded = 0;

	for (i = 0; i < candidates->nr && map->frame; i++) {
		u64 frame = machine_frame(rules, granter, candidates->gen[i], pv);

		match += frame && frame == map->frame;
		excluded += frame && frame != map->frame;
	}
	/*
	 * A guest that moves its pages makes what was learned of them wrong; a PV guest's own word
	 * is exact.
	 */
	if (pv && excluded && excluded == candidates->nr)
		exclude_all(ledger, map, candidates);
	if (!match)
		return;
	candidates->by_frame = true;
	candidates->learned = excluded && !pv;
	for (i = 0, match = 0; i < candidates->nr; i++) {
		u64 frame = machine_frame(rules, granter, candidates->gen[i], pv);

		/* A generation whose frame is not known may still be the one. */
		if (!frame || frame == map->frame)
			candidates->gen[match++] = candidates->gen[i];
	}
	candidates->nr = match;
}

static void learn(struct rules *rules, struct domain *granter, const struct map *map,
		  const struct gen *gen, bool pv)
{
	struct frames **frames = &rules->frames[granter->index];

	if (gen->flags & GEN_ADOPTED || pv || !map->frame)
		return;
	if (!*frames)
		*frames = frames__new();
	if (*frames)
		frames__learn(*frames, gen->frame, map->frame);
}

/*
 * From the newest generation back to the first that was surely granted before the map: what came
 * before that one had ended by then, unless an end was not seen and a map of it may still pin the
 * ref.
 */
static void collect(struct ledger *ledger, const struct map *map, struct candidates *candidates)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	struct gen *gen;
	u32 steps = MAX_STEPS;

	candidates->outside = true;
	for (gen = gen__at(ledger, ref->gen); gen && steps; gen = gen__at(ledger, gen->older)) {
		bool adopted = gen->flags & GEN_ADOPTED;

		steps--;
		if (!adopted &&
		    ledger__before(ledger, map->mapper, &map->at, map->granter, &gen->grant))
			continue;
		if (candidates->nr == ARRAY_SIZE(candidates->gen))
			return;
		if (may_be(ledger, map, gen))
			candidates->gen[candidates->nr++] = gen;
		if (!adopted &&
		    ledger__before(ledger, map->granter, &gen->grant, map->mapper, &map->at)) {
			candidates->floor = gen;
			candidates->outside = gen->flags & GEN_TAINTED;
			return;
		}
	}
}

/* What the map may have landed on stays known when it has left the history. */
static void mark_mapped(const struct candidates *candidates)
{
	u32 i;

	for (i = 0; i < candidates->nr; i++)
		candidates->gen[i]->flags |= GEN_MAPPED;
}

void candidates__find(struct rules *rules, struct ledger *ledger, const struct map *map,
		      struct candidates *candidates)
{
	struct domain *granter = ledger->domains[map->granter];
	const struct gen *only;
	bool pv = domain__says_pv(granter);

	memset(candidates, 0, sizeof(*candidates));
	collect(ledger, map, candidates);
	mark_mapped(candidates);
	if (!granter->feed)
		return;
	only = candidates__only(candidates);
	/* By what earlier maps taught: this one must not be its own witness. */
	narrow_by_frame(rules, ledger, map, candidates, pv);
	if (only)
		learn(rules, granter, map, only, pv);
	candidates->best = likeliest(candidates, map);
}

struct gen *candidates__only(const struct candidates *candidates)
{
	return candidates->nr == 1 && !candidates->outside ? candidates->gen[0] : NULL;
}
