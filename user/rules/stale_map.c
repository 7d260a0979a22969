// SPDX-License-Identifier: GPL-2.0
/*
 * stale-map: a map landed on a later generation than the mapper was told of.
 *
 * Four independent ways to know it, strongest first:
 *  identity  the page is, through the same ref and at the same time, in the hands of a kernel
 *            backend, and both cannot be meant
 *  table     the granter's table, read by the mapper's domain, showed another entry after the
 *            mapper was told
 *  owner     the generation that it landed on belongs to somebody whom this mapper never serves
 *  order     the mapper was told of the ref before that generation was granted
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rules/stale_map.h"

/* Grants between the arm and the map: surely, or as far as the bounds let one see. */
static void find_newer(struct ledger *ledger, const struct map *map, struct verdict *v)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	const struct gen *gen, *before;
	u32 steps = 4096;

	for (gen = gen__at(ledger, ref->gen); gen && steps--; gen = before) {
		before = gen__at(ledger, gen->older);
		if (gen->flags & GEN_ADOPTED ||
		    ledger__before(ledger, map->mapper, &map->at, map->granter, &gen->grant))
			continue;
		if (ledger__before(ledger, map->granter, &gen->grant, map->mapper, &v->call->at))
			return;
		/* Xen lets nobody map what is granted to another. */
		if (gen->peer != ledger->domains[map->mapper]->domid)
			continue;
		if (!ledger__before(ledger, map->mapper, &v->call->at, map->granter, &gen->grant) ||
		    !ledger__before(ledger, map->granter, &gen->grant, map->mapper, &map->at)) {
			v->undecided |= before != NULL;
			continue;
		}
		v->newer = gen;
		v->newer_sure |= before && gen__ended_well(before) && !(gen->flags & GEN_TAINTED);
	}
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
		/*
		 * An unknown process may be somebody's own backend, unless a kernel backend serves.
		 */
		return gen->flags & GEN_SHARED && !is_backend(ledger, map);
	default:
		return false;
	}
}

static bool owner_fits(struct ledger *ledger, const struct map *map, const struct gen *gen)
{
	enum kind owner = gen__owner(ledger->domains[map->granter], map->ref, gen);

	return kind__serves(owner, map->kind) == SERVES_YES;
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

/* By Xen's own record: the first was not unmapped before the second was mapped. */
static bool at_once_in_trace(const struct ledger *ledger, const struct map *a, const struct map *b)
{
	const struct stamp *sa = stamp__at(ledger, a->stamp), *sb = stamp__at(ledger, b->stamp);
	const struct map *first;

	if (!sa || !sb || a->mapper != b->mapper)
		return false;
	first = sa->hi <= sb->hi ? a : b;
	if (first->flags & MAP_CLOSED_UNSEEN)
		return false;
	return first->flags & MAP_OPEN ||
	       stamp__at(ledger, first->stamp)->end > max(sa->hi, sb->hi);
}

bool rules__at_once(const struct ledger *ledger, const struct map *a, const struct map *b)
{
	const struct map *first = a->at.out <= b->at.out ? a : b;
	const struct map *second = first == a ? b : a;

	if (a->mapper != b->mapper || a->status || b->status)
		return false;
	if (at_once_in_trace(ledger, a, b))
		return true;
	/* An entry not seen lies at 0; one that was let go unseen is over when it begins. */
	return map__surely_from(ledger, first) <= map__not_before(ledger, second) &&
	       map__surely_from(ledger, second) <= map__surely_until(ledger, first);
}

/*
 * Kernel backends that got the same page through the same ref: at the same time, or of the same
 * generation.
 */
static void find_backend(struct ledger *ledger, const struct map *map,
			 const struct landing *landing, struct verdict *v)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	const struct map *other;
	u32 nr;

	if (!ref->by_process)
		return;
	for (nr = ref->maps; nr; nr = other->next) {
		other = map__at(ledger, nr);
		if (other == map || other->status || other->frame != map->frame || !map->frame ||
		    other->mapper != map->mapper || !conflict(ledger, map, other))
			continue;
		if (other->flags & MAP_OPEN && rules__is_contested(ledger, map))
			continue;
		if (rules__at_once(ledger, map, other))
			v->rightful = other;
		else if (landing->nr == 1 && !(landing->gen[0]->flags & GEN_ADOPTED) &&
			 ledger__before(ledger, map->granter, &landing->gen[0]->grant, map->mapper,
					&other->at))
			v->backend = other;
	}
}

/* By Xen's own record, or by the clock of the kernel that made both. */
static bool came_before(const struct ledger *ledger, const struct map *a, const struct map *b)
{
	const struct stamp *sa = stamp__at(ledger, a->stamp), *sb = stamp__at(ledger, b->stamp);

	return (sa && sb && sa->hi < sb->lo) ||
	       map__surely_from(ledger, a) < map__not_before(ledger, b);
}

bool rules__is_contested(const struct ledger *ledger, const struct map *map)
{
	const struct map *other;
	u32 nr;

	if (map->flags & MAP_JUDGED)
		return false;
	for (nr = domain__ref(ledger->domains[map->granter], map->ref)->maps; nr;
	     nr = other->next) {
		other = map__at(ledger, nr);
		if (other != map && !other->status && other->flags & MAP_OPEN &&
		    other->frame == map->frame)
			return true;
	}
	return false;
}

/*
 * Without the granter's word: a kernel backend mapped the ref after this process was told of it and
 * before it mapped. Then the ref was granted for that backend, so what the process was told of was
 * over.
 */
static void find_between(struct ledger *ledger, const struct map *map, struct verdict *v)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	const struct map *other;
	u32 nr;

	if (ledger->domains[map->granter]->feed || !v->call)
		return;
	for (nr = ref->maps; nr; nr = other->next) {
		other = map__at(ledger, nr);
		if (other != map && !other->status && other->mapper == map->mapper &&
		    conflict(ledger, map, other) &&
		    v->call->at.out < map__not_before(ledger, other) &&
		    came_before(ledger, other, map))
			v->between = other;
	}
}

/*
 * A frontend's generation, mapped by a process that is nobody's known backend, and a kernel backend
 * mapped the ref, in that generation or in another: the clocks' bounds leave it open.
 */
static bool may_be_shared(struct ledger *ledger, const struct map *map,
			  const struct landing *landing)
{
	struct domain *granter = ledger->domains[map->granter];
	struct ref *ref = domain__ref(granter, map->ref);
	const struct map *other;
	u32 nr;

	if (map->kind != KIND_GNTDEV || !landing->best || is_backend(ledger, map) ||
	    landing->best->flags & (GEN_SHARED | GEN_ADOPTED) ||
	    kind__serves(gen__owner(granter, map->ref, landing->best), map->kind) != SERVES_BACKEND)
		return false;
	for (nr = ref->maps; nr; nr = other->next) {
		other = map__at(ledger, nr);
		if (other->mapper == map->mapper && !other->status &&
		    conflict(ledger, map, other) &&
		    !ledger__before(ledger, other->mapper, &other->at, map->granter,
				    &landing->best->grant))
			return true;
	}
	return false;
}

/* Whether the process had mapped the ref through the same announcement before. */
static bool was_served(const struct ledger *ledger, const struct map *map)
{
	const struct map *other;
	u32 nr;

	for (nr = domain__ref(ledger->domains[map->granter], map->ref)->maps; nr;
	     nr = other->next) {
		other = map__at(ledger, nr);
		if (other != map && !other->status && other->call == map->call &&
		    map__surely_from(ledger, other) <= map__not_before(ledger, map))
			return true;
	}
	return false;
}

/*
 * gntdev gives an offset anew once the announcement there was taken back. Where announcements were
 * lost, a second map through one offset is not of the first announcement, which has had its map;
 * or may have had it, where maps were lost as well.
 */
static bool is_spent(struct ledger *ledger, const struct map *map, const struct call *call)
{
	const struct domain *mapper = ledger->domains[map->mapper];
	u64 told = call->at.out, mapped = map->at.out;

	return rules__blind(ledger, NULL, mapper, REC_BIT(REC_ARM) | REC_BIT(REC_DISARM), told,
			    mapped, "") &&
	       (was_served(ledger, map) ||
		(mapper->feed && feed__lost_of_type(mapper->feed, REC_BIT(REC_ARM), told, mapped) &&
		 feed__lost_of_type(mapper->feed, REC_BIT(REC_MAP), told, mapped)));
}

static void judge(struct ledger *ledger, const struct map *map, const struct landing *landing,
		  struct verdict *v)
{
	u32 i, excluded = 0, fits = 0;

	memset(v, 0, sizeof(*v));
	v->arm = map->kind == KIND_GNTDEV ? ledger__arm_of(ledger, map) : NULL;
	v->call = v->arm ? call__at(ledger, v->arm->call) : NULL;
	if (v->call && is_spent(ledger, map, v->call)) {
		v->arm = NULL;
		v->call = NULL;
	}
	if (v->call) {
		find_newer(ledger, map, v);
		v->table = seen__changed(ledger, map, v->call, &v->change);
	}
	for (i = 0; i < landing->nr; i++) {
		excluded += owner_excludes(ledger, map, landing->gen[i]);
		fits += owner_fits(ledger, map, landing->gen[i]);
	}
	v->undecided |= may_be_shared(ledger, map, landing);
	v->owner_conflict = landing->nr && excluded == landing->nr && !landing->outside;
	v->owner_agrees = landing->nr && fits == landing->nr && !landing->outside;
	if (map->kind == KIND_GNTDEV) {
		find_backend(ledger, map, landing, v);
		find_between(ledger, map, v);
	}
	/*
	 * Whose page it is is known: then it is the other one that was not meant, and has its own
	 * finding.
	 */
	if (v->owner_agrees && !landing->learned)
		v->rightful = NULL;
}

/*
 * Identity: while both were mapped the ref could not change its generation. Losses could hide that
 * they were.
 */
static bool proves_identity(struct ledger *ledger, const struct map *map, const struct verdict *v,
			    struct finding *finding)
{
	const struct map *other = v->rightful;
	/* An unmap comes after its map has returned. */
	u64 from = min(map->at.out, other->at.out);

	return !rules__blind(
		ledger, finding, ledger->domains[map->mapper],
		REC_BIT(REC_MAP) | REC_BIT(REC_UNMAP) | REC_BIT(REC_RING) | REC_BIT(REC_RING_UNMAP),
		from, max(map->at.out, other->at.out), "an unmap between may be missing");
}

/* Only being told once more, unseen, would excuse it. */
static bool not_told_again(struct ledger *ledger, const struct map *map, const struct verdict *v,
			   struct finding *finding)
{
	return !rules__blind(ledger, finding, ledger->domains[map->mapper],
			     REC_BIT(REC_ARM) | REC_BIT(REC_DISARM), v->call->at.out, map->at.out,
			     "the mapper may have been told again");
}

/*
 * Order: told, then granted anew, then mapped. Only being told once more, unseen, would excuse it.
 */
static bool proves_order(struct ledger *ledger, const struct map *map, const struct verdict *v,
			 struct finding *finding)
{
	struct domain *mapper = ledger->domains[map->mapper];

	return v->newer_sure &&
	       rules__clocks_hold(finding, ledger->domains[map->granter], mapper) &&
	       not_told_again(ledger, map, v, finding);
}

/* Owner: from the grant to the map nothing of the granter's may be missing. */
static bool proves_owner(struct ledger *ledger, const struct map *map,
			 const struct landing *landing, struct finding *finding)
{
	struct domain *granter = ledger->domains[map->granter];
	const u32 events = REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE) | REC_BIT(REC_RESET);

	if (landing->learned || !rules__clocks_hold(finding, granter, ledger->domains[map->mapper]))
		return false;
	return !rules__blind_between(ledger, finding, granter, ledger->domains[map->mapper],
				     &landing->floor->grant, events, &landing->floor->grant,
				     &map->at, "the ref may have changed hands unseen");
}

/* How sure, and what the blind spots take away. Notes the latter in @finding. */
static enum certainty weigh(struct ledger *ledger, const struct map *map,
			    const struct landing *landing, const struct verdict *v,
			    struct finding *finding)
{
	if (v->rightful && proves_identity(ledger, map, v, finding))
		return CERTAINTY_PROVEN;
	if ((v->table || v->between) && not_told_again(ledger, map, v, finding))
		return CERTAINTY_PROVEN;
	if (v->newer && !landing->stray && !landing->off && proves_order(ledger, map, v, finding))
		return CERTAINTY_PROVEN;
	if (v->owner_conflict && proves_owner(ledger, map, landing, finding))
		return CERTAINTY_PROVEN;
	return CERTAINTY_LIKELY;
}

/*
 * That a domain other than dom0 mapped something is its own word. It counts for as much as that of
 * the granter who granted it that; without one, nobody else has seen it.
 */
static enum certainty weigh_word(struct ledger *ledger, const struct map *map,
				 const struct landing *landing, struct finding *finding,
				 enum certainty certainty)
{
	struct domain *granter = ledger->domains[map->granter];
	u16 mapper = ledger->domains[map->mapper]->domid;

	if (!mapper || granter->domid == mapper || (granter->feed && landing->nr))
		return certainty;
	finding__blind(finding, "only d%u says that it mapped this: nobody else has seen it",
		       mapper);
	return certainty__cap(certainty, CERTAINTY_LIKELY);
}

/*
 * The generation that the mapper was told of: the newest that it could serve, granted before its
 * arm.
 */
static const struct gen *told_of(struct ledger *ledger, const struct map *map,
				 const struct verdict *v, const struct gen *landed)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	u16 mapper = ledger->domains[map->mapper]->domid;
	const struct gen *gen, *any = NULL;

	for (gen = gen__at(ledger, ref->gen); gen; gen = gen__at(ledger, gen->older)) {
		if (gen == landed || (landed && gen->number >= landed->number) ||
		    (gen->peer != mapper && !(gen->flags & GEN_ADOPTED)))
			continue;
		if (v->call && !(gen->flags & GEN_ADOPTED) &&
		    span__system(&gen->grant) > span__system(&v->call->at))
			continue;
		if (owner_fits(ledger, map, gen))
			return gen;
		if (!any)
			any = gen;
	}
	if (any || !v->arm)
		return any;
	/* So many lives ago that the history has forgotten it; the arm has not. */
	gen = ledger__told(ledger, v->arm);
	return gen && landed && gen->number < landed->number ? gen : NULL;
}

static void fill(struct ledger *ledger, u32 nr, const struct landing *landing,
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
	finding->when_err = span__err(&map->at);
	finding->when_mono = map->at.out;
	party__fill(&finding->map_by, ledger->domains[map->mapper], map->stack, map->task);
	if (landed)
		party__fill(&finding->owner, granter, landed->stack, landed->task);
	if (told) {
		party__fill(&finding->previous_owner, granter, told->stack, told->task);
		finding->killed = told->flags & GEN_EXITING;
	}
	verdict__explain(ledger, finding, map, landing, v);
	rules__whose_word(finding, ledger->domains[map->mapper], granter);
	rules__history(ledger, finding, granter, map->ref, nr);
}

void rules__supersede(struct rules *rules, struct arm *arm)
{
	struct finding *miss = arm && arm->finding ? rules->findings.item[arm->finding - 1] : NULL;

	if (!miss || miss->class != CLASS_NEAR_MISS || !miss->count)
		return;
	miss->count--;
	miss->gone = !miss->count;
	arm->finding = 0;
}

/* From being told to the map the granter, who is recorded otherwise, was not: it may be stale. */
static bool is_unjudged(struct ledger *ledger, const struct map *map, const struct landing *landing,
			const struct verdict *v)
{
	struct domain *granter = ledger->domains[map->granter];
	const struct span clock = domain__clock(granter);

	/* When it was told was before the mapper's own recording. */
	if (map->kind == KIND_GNTDEV && !v->call && map->ref >= RESERVED_REFS &&
	    rules__blind(ledger, NULL, ledger->domains[map->mapper], REC_BIT(REC_ARM), 0,
			 map->at.out, ""))
		return true;
	return map->kind == KIND_GNTDEV && landing->outside && granter->feed &&
	       map->ref >= RESERVED_REFS &&
	       rules__blind_between(ledger, NULL, granter, ledger->domains[map->mapper], &clock,
				    REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE),
				    v->call ? &v->call->at : &map->at, &map->at, "");
}

bool rules__stale_map(struct rules *rules, struct ledger *ledger, u32 nr, struct landing *landing)
{
	struct map *map = map__at(ledger, nr);
	struct finding *finding;
	struct verdict v;
	bool fresh;
	u64 key[3];

	judge(ledger, map, landing, &v);
	if (!v.newer && !v.owner_conflict && !v.rightful && !v.table && !v.between) {
		if (rules__is_contested(ledger, map))
			return false;
		rules->undecided += v.undecided;
		rules->unjudged += is_unjudged(ledger, map, landing, &v);
		return false;
	}
	key[0] = (u64)ledger->domains[map->granter]->domid << 32 |
		 (u64)ledger->domains[map->mapper]->domid << 16 | map->kind;
	key[1] = landing->best ? gen__owner(ledger->domains[map->granter], map->ref, landing->best)
			       : KIND_UNKNOWN;
	key[2] = kind__has_task(map->kind) ? rules__task(ledger, map)->pid : 0;
	finding = findings__get(&rules->findings, CLASS_STALE_MAP, key, &fresh);
	if (!finding)
		return true;
	rules__supersede(rules, v.arm);
	if (fresh)
		fill(ledger, nr, landing, &v, finding);
	finding__count(finding,
		       weigh_word(ledger, map, landing, finding,
				  weigh(ledger, map, landing, &v, finding)),
		       map->ref, &map->at, fresh);
	map->flags |= MAP_STALE;
	map->finding = finding->id & 1023;
	if (map->end && finding->outcome == OUTCOME_NONE)
		finding__outcome(finding, OUTCOME_UNMAPPED,
				 "the wrong map is gone again; no refused revoke was seen");
	return true;
}
