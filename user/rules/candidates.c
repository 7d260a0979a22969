// SPDX-License-Identifier: GPL-2.0
/* On which generation of its ref did a map land? */
#include <string.h>

#include "rules/candidates.h"
#include "rules/frames.h"
#include "rules/unplaced.h"

/* maximum of generations examined for one map */
#define MAX_STEPS 4096

/* The machine frame of @gen's page, 0 unknown. */
static u64 machine_frame(struct rules *rules, struct domain *granter, const struct gen *gen,
			 bool pv)
{
	if (!gen__is_known(gen) || !gen->frame)
		return 0;
	return pv ? gen->frame : frames__lookup(rules->frames[granter->index], gen->frame);
}

/* Whether, by time and grantee, @map may be of @gen. */
static bool may_be(struct ledger *ledger, const struct map *map, const struct gen *gen)
{
	if (gen->peer != ledger->domains[map->mapper]->domid && gen__is_known(gen))
		return false;
	return !(gen__ended_well(gen) && ledger__before(ledger, map->granter, gen__end(ledger, gen),
							map->mapper, &map->at));
}

/* The newest candidate whose grant is not after the map by the clocks, bounds left aside. */
static struct gen *likeliest(const struct candidates *candidates, const struct map *map)
{
	u32 i;

	for (i = 0; i < candidates->nr; i++)
		if (candidates->gen[i]->flags & GEN_ADOPTED ||
		    span__system(&candidates->gen[i]->grant) <= span__system(&map->at))
			return candidates->gen[i];
	return candidates->nr ? candidates->gen[candidates->nr - 1] : NULL;
}

/* Removes candidates with another frame than the map returned, if one has that frame. */
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
	 * A translated guest can move its pages, which makes a learned frame wrong. A PV guest's
	 * frame is exact.
	 */
	if (pv && excluded && excluded == candidates->nr)
		unplaced__explain(ledger, map, candidates, true);
	if (!match)
		return;
	candidates->by_frame = true;
	candidates->learned = excluded && !pv;
	for (i = 0, match = 0; i < candidates->nr; i++) {
		struct gen *gen = candidates->gen[i];
		u64 frame = machine_frame(rules, granter, gen, pv);

		/* A generation with an unknown frame stays possible. */
		if (!frame || frame == map->frame)
			candidates->gen[match++] = gen;
		else
			/* While it is pinned, Xen gives the page of the replaced grant for this. */
			candidates->outside |= !!(gen->flags & GEN_TAINTED);
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
 * Collects generations from the newest back to the first that was surely granted before the map.
 * Older ones had ended by then. If that generation's predecessor ended without a recorded end, a
 * map of it may still pin the ref, and the walk goes on.
 *
 * A generation of the baseline excludes older ones, too. But who granted it, and when, is unknown,
 * so a map of it may be of something that was not recorded.
 */
static void collect(struct ledger *ledger, const struct map *map, struct candidates *candidates)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	struct gen *gen;
	u32 steps = MAX_STEPS;

	candidates->outside = true;
	for (gen = gen__at(ledger, ref->gen); gen && steps; gen = gen__at(ledger, gen->older)) {
		const bool known = gen__is_known(gen);
		bool possible;

		steps--;
		if (known &&
		    ledger__before(ledger, map->mapper, &map->at, map->granter, &gen->grant))
			continue;
		if (candidates->nr == ARRAY_SIZE(candidates->gen))
			return;
		possible = may_be(ledger, map, gen);
		if (possible)
			candidates->gen[candidates->nr++] = gen;
		if (known &&
		    ledger__before(ledger, map->granter, &gen->grant, map->mapper, &map->at)) {
			candidates->floor = gen;
			candidates->outside =
				gen->flags & GEN_TAINTED || (gen->baseline && possible);
			return;
		}
	}
}

/* Whether @map came before the grant of @first, or may have come because its entry is missing. */
static bool is_older(const struct ledger *ledger, const struct map *map, const struct gen *first)
{
	return ledger__before(ledger, map->mapper, &map->at, map->granter, &first->grant) ||
	       span__is_vague(map->mapper, &map->at, map->granter, &first->grant, 0,
			      LEDGER_CALL_NS);
}

/*
 * Whether the mapper's domain had the ref mapped when its first grant on record was made. An
 * older grant, which was not recorded, had not ended then, and Xen goes on giving its page.
 */
static bool is_pinned(struct ledger *ledger, const struct map *map, const struct gen *first)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	const struct map *other;
	u32 nr;

	for (nr = ref->maps; nr; nr = other->next) {
		other = map__at(ledger, nr);
		if (other->mapper == map->mapper && !other->status &&
		    !(other->flags & MAP_DISPUTED) && is_older(ledger, other, first) &&
		    (!other->end ||
		     !ledger__before(ledger, other->mapper, &ending__at(ledger, other->end)->at,
				     map->granter, &first->grant)))
			return true;
	}
	return false;
}

/* Whether an older grant of the ref may not be on record, or was forgotten. */
static bool is_first(const struct domain *granter, const struct gen *gen)
{
	return gen->number == 1 || (granter->forgotten && !gen->older);
}

/* The mark outlasts the map's place in the history. */
static void mark_mapped(const struct candidates *candidates)
{
	u32 i;

	for (i = 0; i < candidates->nr; i++)
		candidates->gen[i]->flags |= GEN_MAPPED;
}

/*
 * Whether the entry permits the access. It does not if it permits reading only and the map may
 * write, or if it is for a transfer of the page. An indirect entry is for copies only.
 */
static bool permits(const struct gen *gen, const struct map *map)
{
	const u32 type = gen->gflags & GTF_type_mask;

	if (type != GTF_permit_access && !(map->is_copy && type == GTF_transitive))
		return false;
	return !map->writes || !(gen->gflags & GTF_readonly);
}

/*
 * Whether no generation of which the map may be permits it. Xen refuses such a map
 * (_set_status_v1() in its common/grant_table.c), so a grant was not recorded.
 */
static bool is_forbidden(const struct map *map, const struct candidates *candidates)
{
	u32 i;

	if (map->status || !candidates->nr || candidates->outside)
		return false;
	for (i = 0; i < candidates->nr; i++)
		if (!gen__is_known(candidates->gen[i]) || permits(candidates->gen[i], map))
			return false;
	return true;
}

/* No recorded generation is possible, or only by the report of a guest, which is a dispute. */
static void exclude_all(const struct ledger *ledger, const struct map *map,
			struct candidates *candidates)
{
	candidates->nr = 0;
	candidates->outside = candidates->stray = !ledger->domains[map->mapper]->domid;
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
	if (!candidates->nr)
		unplaced__explain(ledger, map, candidates, pv);
	only = candidates__only(candidates);
	/* Uses frames learned from earlier maps only: a map must not be evidence about itself. */
	narrow_by_frame(rules, ledger, map, candidates, pv);
	if (only && is_first(granter, only) && !(pv && candidates->by_frame) &&
	    is_pinned(ledger, map, only)) {
		candidates->outside = true;
		candidates->stray = true;
	} else if (is_forbidden(map, candidates)) {
		exclude_all(ledger, map, candidates);
	} else if (only) {
		learn(rules, granter, map, only, pv);
	}
	candidates->best = likeliest(candidates, map);
}

struct gen *candidates__only(const struct candidates *candidates)
{
	return candidates->nr == 1 && !candidates->outside ? candidates->gen[0] : NULL;
}

bool candidates__at_once(const struct candidates *candidates)
{
	u32 i;

	for (i = 0; i < candidates->nr; i++)
		if (candidates->gen[i]->others)
			return true;
	return false;
}
