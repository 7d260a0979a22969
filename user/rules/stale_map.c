// SPDX-License-Identifier: GPL-2.0
/*
 * stale-map: a map landed on a later generation than the mapper was told of.
 *
 * Three independent ways to know it, strongest first:
 *  identity  the frame that the map returned is one that a kernel backend mapped through the same ref in
 *            the same generation, and both cannot be meant
 *  owner     the generation that it landed on belongs to somebody whom this mapper never serves
 *  order     the mapper was told of the ref before that generation was granted
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rules/rules.h"

struct verdict {
	const struct arm *arm;	    /* told by, NULL */
	const struct gen *newer;    /* a grant surely between the arm and the map */
	const struct map *rightful; /* a kernel backend's map of the same page */
	bool at_once;		    /* both were mapped at the same time */
	bool owner_conflict;	    /* no candidate's owner is served by this mapper */
	bool nominal;		    /* the bounds overlap, but their middles say stale */
};

/* A grant that surely came after the mapper was told and before it mapped. */
static const struct gen *grant_between(struct ledger *ledger, const struct map *map,
				       const struct arm *arm)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	const struct gen *gen, *found = NULL;

	for (gen = gen__at(ledger, ref->gen); gen; gen = gen__at(ledger, gen->older))
		if (!(gen->flags & GEN_ADOPTED) &&
		    span__before(arm->mapper, &arm->at, map->granter, &gen->grant) &&
		    span__before(map->granter, &gen->grant, map->mapper, &map->at))
			found = gen;
	return found;
}

/* Whether this process is a user-space backend that may rightfully map a frontend's grants. */
static bool is_backend(struct ledger *ledger, const struct map *map)
{
	return comm__is_backend(rules__task(ledger, map)->comm);
}

static bool owner_excludes(struct ledger *ledger, const struct map *map, const struct gen *gen)
{
	enum kind owner = gen__owner(ledger->domains[map->granter], map->ref, gen);

	switch (kind__serves(owner, map->kind)) {
	case SERVES_NO:
		return true;
	case SERVES_BACKEND:
		/* An unknown process may be somebody's own backend, unless a kernel backend serves. */
		return gen->flags & GEN_SHARED && !is_backend(ledger, map);
	default:
		return false;
	}
}

/* Two mappers of one page of which at most one is meant. */
static bool conflict(struct ledger *ledger, const struct map *a, const struct map *b)
{
	if (a->kind == b->kind || a->kind == KIND_UNKNOWN || b->kind == KIND_UNKNOWN)
		return false;
	if (a->kind != KIND_GNTDEV && b->kind != KIND_GNTDEV)
		return false;
	return !is_backend(ledger, a->kind == KIND_GNTDEV ? a : b);
}

static bool overlap(const struct map *a, const struct map *b)
{
	return a->mapper == b->mapper &&
	       (b->flags & MAP_OPEN || span__in(&a->at) < span__in(&b->unmap)) &&
	       (a->flags & MAP_OPEN || span__in(&b->at) < span__in(&a->unmap));
}

/* A kernel backend that got the same page through the same ref. */
static const struct map *find_rightful(struct ledger *ledger, const struct map *map, bool *at_once)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	const struct map *other, *found = NULL;
	u32 nr;

	*at_once = false;
	for (nr = ref->maps; nr; nr = other->next) {
		other = map__at(ledger, nr);
		if (other == map || other->status || other->frame != map->frame || !map->frame ||
		    other->mapper != map->mapper || !conflict(ledger, map, other))
			continue;
		if (!found || overlap(map, other)) {
			found = other;
			*at_once = overlap(map, other);
		}
	}
	return found;
}

static void judge(struct rules *rules, struct ledger *ledger, const struct map *map,
		  const struct landing *landing, struct verdict *v)
{
	u32 i, excluded = 0;

	memset(v, 0, sizeof(*v));
	v->arm = map->kind == KIND_GNTDEV ? ledger__arm_of(ledger, map) : NULL;
	v->newer = v->arm ? grant_between(ledger, map, v->arm) : NULL;
	if (map->kind == KIND_GNTDEV)
		v->rightful = find_rightful(ledger, map, &v->at_once);
	for (i = 0; i < landing->nr; i++)
		excluded += owner_excludes(ledger, map, landing->gen[i]);
	v->owner_conflict = landing->nr && excluded == landing->nr && !landing->outside;
	if (v->arm && landing->best && !(landing->best->flags & GEN_ADOPTED) && landing->nr == 1)
		v->nominal = span__system(&v->arm->at) < span__system(&landing->best->grant);
}

/* How sure, and what the blind spots take away. Notes the latter in @finding. */
static enum certainty weigh(struct ledger *ledger, const struct map *map,
			    const struct landing *landing, const struct verdict *v,
			    struct finding *finding)
{
	struct domain *granter = ledger->domains[map->granter];
	struct domain *mapper = ledger->domains[map->mapper];
	bool blind;

	/* A page that is mapped cannot change its generation: nothing unseen can explain both maps. */
	if (v->rightful && v->at_once)
		return CERTAINTY_PROVEN;
	if (v->newer) {
		blind = rules__blind(finding, mapper, REC_BIT(REC_ARM), v->arm->at.out, map->at.out,
				     "the mapper may have been told again");
		return blind ? CERTAINTY_LIKELY : CERTAINTY_PROVEN;
	}
	if (v->owner_conflict && granter->feed) {
		const struct gen *gen = landing->best;

		blind = rules__blind(finding, granter, REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE),
				     span__in(&gen->grant),
				     map->at.out + (u64)map->at.off - (u64)gen->grant.off,
				     "the ref may have changed hands unseen");
		return blind ? CERTAINTY_LIKELY : CERTAINTY_PROVEN;
	}
	if (v->rightful)
		return CERTAINTY_LIKELY;
	return CERTAINTY_POSSIBLE;
}

static void explain_identity(struct ledger *ledger, struct finding *finding, const struct map *map,
			     const struct landing *landing, const struct verdict *v)
{
	struct domain *granter = ledger->domains[map->granter];
	struct party party;
	char name[96];

	if (landing->by_frame && landing->best && !(landing->best->flags & GEN_ADOPTED))
		finding__evidence(finding, "identity",
				  "the map returned machine frame 0x%" PRIx64
				  ", which is the page of generation %u (Xen's word to d%u, the granter's "
				  "word for the frame)",
				  map->frame, landing->best->number,
				  ledger->domains[map->mapper]->domid);
	if (!v->rightful)
		return;
	party__fill(&party, ledger->domains[map->mapper], v->rightful->stack, v->rightful->task);
	finding__evidence(finding, "identity",
			  "%s mapped the same machine frame 0x%" PRIx64
			  " through the same ref %s: of these two mappers only one can be meant%s",
			  party__name(&party, name, sizeof(name)), map->frame,
			  v->at_once ? "at the same time" : "before or after",
			  granter->feed ? "" : " (no word of the granter needed)");
}

static void explain(struct ledger *ledger, struct finding *finding, const struct map *map,
		    const struct landing *landing, const struct verdict *v)
{
	struct domain *granter = ledger->domains[map->granter];

	explain_identity(ledger, finding, map, landing, v);
	if (v->owner_conflict)
		finding__evidence(finding, "owner",
				  "generation %u belongs to %s in d%u; %s in d%u never serves it",
				  landing->best->number,
				  kind__name(gen__owner(granter, map->ref, landing->best)),
				  granter->domid, kind__name(map->kind),
				  ledger->domains[map->mapper]->domid);
	if (v->newer)
		finding__evidence(
			finding, "order",
			"told at %.6f s ± %.3f ms, generation %u granted at %.6f s ± %.3f ms, mapped "
			"at %.6f s ± %.3f ms: the intervals do not touch",
			(double)span__system(&v->arm->at) / 1e9, v->arm->at.err / 1e6,
			v->newer->number, (double)span__system(&v->newer->grant) / 1e9,
			v->newer->grant.err / 1e6, (double)span__system(&map->at) / 1e9,
			map->at.err / 1e6);
	else if (v->nominal)
		finding__evidence(finding, "circumstance",
				  "by the middle of their intervals generation %u was granted after "
				  "the mapper was told, but the bounds overlap",
				  landing->best->number);
}

/* The generation that the mapper was told of: the newest granted before its arm, else the one before. */
static const struct gen *told_of(struct ledger *ledger, const struct map *map,
				 const struct verdict *v, const struct gen *landed)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	const struct gen *gen;

	for (gen = gen__at(ledger, ref->gen); gen; gen = gen__at(ledger, gen->older)) {
		if (gen == landed || (landed && gen->number >= landed->number))
			continue;
		if (!v->arm || gen->flags & GEN_ADOPTED ||
		    span__system(&gen->grant) <= span__system(&v->arm->at))
			return gen;
	}
	return NULL;
}

static void fill(struct rules *rules, struct ledger *ledger, u32 nr, const struct landing *landing,
		 const struct verdict *v, struct finding *finding)
{
	const struct map *map = map__at(ledger, nr);
	struct domain *granter = ledger->domains[map->granter];
	const struct gen *landed = landing->best ? landing->best : v->newer;
	const struct gen *told = told_of(ledger, map, v, landed);

	finding->granter = granter->domid;
	finding->mapper = ledger->domains[map->mapper]->domid;
	finding->ref = map->ref;
	finding->generation = landed ? landed->number : 0;
	finding->told_generation = told ? told->number : 0;
	finding->when = span__system(&map->at);
	finding->when_err = map->at.err;
	finding->when_mono = map->at.out;
	party__fill(&finding->map_by, ledger->domains[map->mapper], map->stack, map->task);
	if (landed)
		party__fill(&finding->owner, granter, landed->stack, landed->task);
	if (told) {
		party__fill(&finding->previous_owner, granter, told->stack, told->task);
		finding->killed = told->flags & GEN_EXITING;
	}
	explain(ledger, finding, map, landing, v);
	rules__history(ledger, finding, granter, map->ref, nr);
	snprintf(finding->fingerprint, sizeof(finding->fingerprint), "gw1:stale-map:%s:%s>%s%s%s",
		 kind__name(finding->map_by.kind), kind__name(finding->previous_owner.kind),
		 kind__name(finding->owner.kind), finding->killed ? ":killed:" : ":",
		 finding->map_by.func);
}

/* An arm's near miss became the hit: one finding is enough. */
static void supersede(struct rules *rules, const struct arm *arm)
{
	struct finding *miss;

	if (!arm || !arm->finding)
		return;
	miss = rules->findings.item[arm->finding - 1];
	if (miss->class == CLASS_NEAR_MISS && miss->count)
		miss->count--;
	if (!miss->count)
		miss->gone = true;
}

void rules__stale_map(struct rules *rules, struct ledger *ledger, u32 nr, struct landing *landing)
{
	struct map *map = map__at(ledger, nr);
	struct finding *finding;
	struct verdict v;
	enum certainty certainty;
	bool fresh;
	u64 key[3];

	judge(rules, ledger, map, landing, &v);
	if (!v.newer && !v.owner_conflict && !v.rightful && !v.nominal)
		return;
	key[0] = (u64)ledger->domains[map->granter]->domid << 32 |
		 (u64)ledger->domains[map->mapper]->domid << 16 | map->kind;
	key[1] = landing->best ? gen__owner(ledger->domains[map->granter], map->ref, landing->best)
			       : KIND_UNKNOWN;
	key[2] = kind__has_task(map->kind) ? rules__task(ledger, map)->pid : 0;
	finding = findings__get(&rules->findings, CLASS_STALE_MAP, key, &fresh);
	if (!finding)
		return;
	if (v.arm)
		supersede(rules, v.arm);
	if (fresh)
		fill(rules, ledger, nr, landing, &v, finding);
	certainty = weigh(ledger, map, landing, &v, finding);
	if (fresh || certainty > finding->certainty)
		finding->revision++;
	finding->certainty = max(finding->certainty, certainty);
	finding->count++;
	finding__add_ref(finding, map->ref);
	map->flags |= MAP_STALE;
	map->finding = finding->id;
}
