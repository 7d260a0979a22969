// SPDX-License-Identifier: GPL-2.0
/* On which generation of its ref did a map land? */
#include <string.h>

#include "rules/frames.h"
#include "rules/rules.h"

/* How many generations of one ref are looked at for one map. */
#define MAX_STEPS 4096

bool rules__is_pv(const struct domain *domain)
{
	const char *type = domain->feed ? feed__fact(domain->feed, "guest_type") : NULL;

	return type && !strcmp(type, "PV");
}

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
static struct gen *likeliest(const struct landing *landing, const struct map *map)
{
	u32 i;

	for (i = 0; i < landing->nr; i++)
		if (landing->gen[i]->flags & GEN_ADOPTED ||
		    span__system(&landing->gen[i]->grant) <= span__system(&map->at))
			return landing->gen[i];
	return landing->nr ? landing->gen[landing->nr - 1] : NULL;
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
static void search_frame(struct ledger *ledger, const struct map *map, struct landing *landing)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	struct gen *gen;
	u32 steps = MAX_STEPS;

	landing->nr = 0;
	for (gen = gen__at(ledger, ref->gen); gen && steps;
	     gen = gen__at(ledger, gen->older), steps--) {
		if (gen->flags & GEN_ADOPTED || gen->frame != map->frame ||
		    gen->peer != ledger->domains[map->mapper]->domid)
			continue;
		if (!landing->nr || distance(ledger, map, gen) < landing->off) {
			landing->off = distance(ledger, map, gen);
			landing->gen[0] = landing->floor = gen;
			landing->nr = 1;
		}
	}
	landing->by_frame = landing->nr;
	landing->stray = landing->outside = !landing->nr;
}

/*
 * Whether the granter may have granted the ref anew, unseen, between its last grant that is on
 * record and @map.
 */
static bool may_be_unseen(struct ledger *ledger, const struct map *map,
			  const struct landing *landing)
{
	struct domain *granter = ledger->domains[map->granter];
	const struct span *from = landing->floor ? &landing->floor->grant : &map->at;
	const struct span clock = domain__clock(granter);

	return rules__blind_between(ledger, NULL, granter, ledger->domains[map->mapper], &clock,
				    REC_BIT(REC_GRANT), from, &map->at, "");
}

/* No candidate has the page that @map returned. */
static void exclude_all(struct ledger *ledger, const struct map *map, struct landing *landing)
{
	if (!may_be_unseen(ledger, map, landing)) {
		search_frame(ledger, map, landing);
		return;
	}
	landing->nr = 0;
	landing->outside = true;
}

/* Keep the candidates whose frame is the one that the map returned, if any of them is. */
static void narrow_by_frame(struct rules *rules, struct ledger *ledger, const struct map *map,
			    struct landing *landing, bool pv)
{
	struct domain *granter = ledger->domains[map->granter];
	u32 i, match = 0, excluded = 0;

	for (i = 0; i < landing->nr && map->frame; i++) {
		u64 frame = machine_frame(rules, granter, landing->gen[i], pv);

		match += frame && frame == map->frame;
		excluded += frame && frame != map->frame;
	}
	/*
	 * A guest that moves its pages makes what was learned of them wrong; a PV guest's own word
	 * is exact.
	 */
	if (pv && excluded && excluded == landing->nr)
		exclude_all(ledger, map, landing);
	if (!match)
		return;
	landing->by_frame = true;
	landing->learned = excluded && !pv;
	for (i = 0, match = 0; i < landing->nr; i++) {
		u64 frame = machine_frame(rules, granter, landing->gen[i], pv);

		/* A generation whose frame is not known may still be the one. */
		if (!frame || frame == map->frame)
			landing->gen[match++] = landing->gen[i];
	}
	landing->nr = match;
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
static void collect(struct ledger *ledger, const struct map *map, struct landing *landing)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	struct gen *gen;
	u32 steps = MAX_STEPS;

	landing->outside = true;
	for (gen = gen__at(ledger, ref->gen); gen && steps; gen = gen__at(ledger, gen->older)) {
		bool adopted = gen->flags & GEN_ADOPTED;

		steps--;
		if (!adopted &&
		    ledger__before(ledger, map->mapper, &map->at, map->granter, &gen->grant))
			continue;
		if (landing->nr == ARRAY_SIZE(landing->gen))
			return;
		if (may_be(ledger, map, gen))
			landing->gen[landing->nr++] = gen;
		if (!adopted &&
		    ledger__before(ledger, map->granter, &gen->grant, map->mapper, &map->at)) {
			landing->floor = gen;
			landing->outside = gen->flags & GEN_TAINTED;
			return;
		}
	}
}

void rules__landing(struct rules *rules, struct ledger *ledger, const struct map *map,
		    struct landing *landing)
{
	struct domain *granter = ledger->domains[map->granter];
	const struct gen *only = NULL;
	bool pv = rules__is_pv(granter);

	memset(landing, 0, sizeof(*landing));
	collect(ledger, map, landing);
	if (!granter->feed)
		return;
	if (landing->nr == 1 && !landing->outside)
		only = landing->gen[0];
	/* By what earlier maps taught: this one must not be its own witness. */
	narrow_by_frame(rules, ledger, map, landing, pv);
	if (only)
		learn(rules, granter, map, only, pv);
	landing->best = likeliest(landing, map);
}

const struct feed_task *rules__task(struct ledger *ledger, const struct map *map)
{
	static const struct feed_task unknown;
	struct domain *mapper = ledger->domains[map->mapper];

	return mapper->feed ? feed__task(mapper->feed, map->task) : &unknown;
}
