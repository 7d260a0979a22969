// SPDX-License-Identifier: GPL-2.0
/*
 * stale-map-refused and near-miss: told of a ref, and the ref was gone. Xen's refusal is itself evidence: at
 * that instant the entry did not permit the map.
 */
#include <inttypes.h>
#include <stdio.h>

#include "rules/rules.h"

/* Of Xen's public ABI (grant_table.h). */
#define GNTST_general_error (-1)
#define GNTST_bad_gntref    (-3)
#define GTF_readonly	    4
#define GNTMAP_readonly	    4

static bool is_refusal(const struct map *map)
{
	return map->status == GNTST_general_error || map->status == GNTST_bad_gntref;
}

/* A live generation for this mapper explains the refusal in another way: asked for more than granted. */
static bool refused_otherwise(struct ledger *ledger, const struct map *map, const struct gen *gen)
{
	if (gen->peer != ledger->domains[map->mapper]->domid)
		return false;
	if (!(gen->gflags & GTF_readonly) || map->mflags & GNTMAP_readonly)
		return false;
	return !(gen->flags & GEN_ENDED &&
		 span__before(map->granter, &gen->end, map->mapper, &map->at));
}

/* The newest generation whose end surely came before the map; NULL if there is none. */
static struct gen *ended_before(struct ledger *ledger, const struct map *map, bool *otherwise)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	struct gen *gen;

	*otherwise = false;
	for (gen = gen__at(ledger, ref->gen); gen; gen = gen__at(ledger, gen->older)) {
		*otherwise |= refused_otherwise(ledger, map, gen);
		if (gen->flags & GEN_ENDED &&
		    span__before(map->granter, &gen->end, map->mapper, &map->at))
			return gen;
	}
	return NULL;
}

static void supersede(struct rules *rules, struct arm *arm)
{
	struct finding *miss = arm->finding ? rules->findings.item[arm->finding - 1] : NULL;

	if (!miss || miss->class != CLASS_NEAR_MISS || !miss->count)
		return;
	miss->count--;
	miss->gone = !miss->count;
	arm->finding = 0;
}

static void fill_refused(struct ledger *ledger, struct finding *finding, u32 nr,
			 const struct gen *gen, const struct arm *arm)
{
	const struct map *map = map__at(ledger, nr);
	struct domain *granter = ledger->domains[map->granter];
	struct domain *mapper = ledger->domains[map->mapper];

	finding->granter = granter->domid;
	finding->mapper = mapper->domid;
	finding->ref = map->ref;
	finding->when = span__system(&map->at);
	finding->when_err = map->at.err;
	finding->when_mono = map->at.out;
	party__fill(&finding->map_by, mapper, map->stack, map->task);
	finding__evidence(finding, "refusal",
			  "Xen refused the map with status %d: at that moment the ref did not permit it "
			  "(Xen's word to d%u)",
			  map->status, mapper->domid);
	if (gen) {
		finding->generation = gen->number;
		finding->told_generation = gen->number;
		finding->killed = gen->flags & GEN_EXITING;
		party__fill(&finding->previous_owner, granter, gen->stack, gen->task);
		finding__evidence(finding, "order",
				  "generation %u ended at %.6f s ± %.3f ms, the map came at %.6f s ± "
				  "%.3f ms",
				  gen->number, (double)span__system(&gen->end) / 1e9,
				  gen->end.err / 1e6, (double)span__system(&map->at) / 1e9,
				  map->at.err / 1e6);
	}
	if (arm)
		finding__evidence(finding, "circumstance", "the mapper had been told of the ref at %.6f s",
				  (double)span__system(&arm->at) / 1e9);
	rules__history(ledger, finding, granter, map->ref, nr);
	finding__outcome(finding, OUTCOME_REFUSED_MAP, "Xen refused: no page was reached");
	snprintf(finding->fingerprint, sizeof(finding->fingerprint),
		 "gw1:stale-map-refused:%s:%s%s:%s", kind__name(finding->map_by.kind),
		 kind__name(finding->previous_owner.kind), finding->killed ? ":killed" : "",
		 finding->map_by.func);
}

void rules__refused_map(struct rules *rules, struct ledger *ledger, u32 nr)
{
	struct map *map = map__at(ledger, nr);
	struct domain *granter = ledger->domains[map->granter];
	struct arm *arm = ledger__arm_of(ledger, map);
	struct gen *gen;
	struct finding *finding;
	enum certainty certainty;
	bool fresh, otherwise;
	u64 key[3];

	if (!is_refusal(map))
		return;
	gen = ended_before(ledger, map, &otherwise);
	/* Refused for other reasons; or no sign that the ref was ever granted, nor a capture to tell. */
	if (otherwise || (!gen && (granter->feed || !arm)))
		return;
	key[0] = (u64)granter->domid << 32 | (u64)ledger->domains[map->mapper]->domid << 16 |
		 map->kind;
	key[1] = gen ? gen__owner(granter, map->ref, gen) : KIND_UNKNOWN;
	key[2] = kind__has_task(map->kind) ? rules__task(ledger, map)->pid : 0;
	finding = findings__get(&rules->findings, CLASS_STALE_MAP_REFUSED, key, &fresh);
	if (!finding)
		return;
	if (arm)
		supersede(rules, arm);
	if (fresh)
		fill_refused(ledger, finding, nr, gen, arm);
	certainty = gen ? CERTAINTY_PROVEN : CERTAINTY_POSSIBLE;
	if (!gen)
		rules__blind(finding, granter, REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE), 0, 0,
			     "whether the ref had ever been granted is not known");
	if (fresh || certainty > finding->certainty)
		finding->revision++;
	finding->certainty = max(finding->certainty, certainty);
	finding->count++;
	finding__add_ref(finding, map->ref);
}

/* --- near-miss --- */

/* Whether any map of the ref by @arm's domain may have used @gen. */
static bool was_mapped(struct ledger *ledger, const struct ref *ref, const struct gen *gen,
		       u8 granter, u8 mapper)
{
	const struct map *map;
	u32 nr;

	for (nr = ref->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if (map->status || map->mapper != mapper)
			continue;
		if (!span__before(mapper, &map->at, granter, &gen->grant) &&
		    !span__before(granter, &gen->end, mapper, &map->at))
			return true;
	}
	return false;
}

static void fill_miss(struct ledger *ledger, struct finding *finding, struct domain *granter,
		      struct arm *arm, struct gen *gen, bool late)
{
	struct domain *mapper = ledger->domains[arm->mapper];
	const struct feed_task *task = feed__task(mapper->feed, arm->task);

	finding->granter = granter->domid;
	finding->mapper = mapper->domid;
	finding->ref = arm->ref;
	finding->generation = gen->number;
	finding->told_generation = gen->number;
	finding->when = span__system(&gen->end);
	finding->when_err = gen->end.err;
	finding->killed = gen->flags & GEN_EXITING;
	finding->map_by.known = true;
	finding->map_by.domid = mapper->domid;
	finding->map_by.kind = KIND_GNTDEV;
	finding->map_by.pid = task->pid;
	finding->map_by.tid = task->tid;
	snprintf(finding->map_by.comm, sizeof(finding->map_by.comm), "%s", task->comm);
	party__fill(&finding->previous_owner, granter, gen->stack, gen->task);
	finding__evidence(finding, "order",
			  "generation %u ended at %.6f s ± %.3f ms without any map; the mapper was told "
			  "of the ref at %.6f s ± %.3f ms%s",
			  gen->number, (double)span__system(&gen->end) / 1e9, gen->end.err / 1e6,
			  (double)span__system(&arm->at) / 1e9, arm->at.err / 1e6,
			  late ? ", when it was gone already" : "");
	rules__history(ledger, finding, granter, arm->ref, 0);
	snprintf(finding->fingerprint, sizeof(finding->fingerprint), "gw1:near-miss:gntdev:%s%s",
		 kind__name(finding->previous_owner.kind), finding->killed ? ":killed" : "");
}

/* @gen ended without a map while @arm's process knew, or was about to be told of, the ref. */
static void near_miss(struct rules *rules, struct ledger *ledger, struct domain *granter,
		      struct arm *arm, struct gen *gen)
{
	const struct ref *ref = domain__ref(granter, arm->ref);
	bool sure_end, sure_arm, late, fresh;
	struct finding *finding;
	enum certainty certainty;
	u64 key[3];

	if (arm->finding || was_mapped(ledger, ref, gen, granter->index, arm->mapper))
		return;
	late = span__before(granter->index, &gen->end, arm->mapper, &arm->at);
	sure_arm = span__before(granter->index, &gen->grant, arm->mapper, &arm->at);
	sure_end = late || span__before(arm->mapper, &arm->at, granter->index, &gen->end);
	if (gen->flags & GEN_ADOPTED)
		sure_arm = false;
	key[0] = (u64)granter->domid << 32 | (u64)ledger->domains[arm->mapper]->domid << 16;
	key[1] = gen__owner(granter, arm->ref, gen);
	key[2] = feed__task(ledger->domains[arm->mapper]->feed, arm->task)->pid;
	finding = findings__get(&rules->findings, CLASS_NEAR_MISS, key, &fresh);
	if (!finding)
		return;
	if (fresh)
		fill_miss(ledger, finding, granter, arm, gen, late);
	certainty = sure_arm && sure_end ? CERTAINTY_PROVEN : CERTAINTY_LIKELY;
	if (rules__blind(finding, ledger->domains[arm->mapper], REC_BIT(REC_MAP), arm->at.out,
			 gen->end.out + (u64)gen->end.off - (u64)arm->at.off,
			 "the ref may have been mapped unseen"))
		certainty = certainty__cap(certainty, CERTAINTY_LIKELY);
	if (fresh || certainty > finding->certainty)
		finding->revision++;
	finding->certainty = max(finding->certainty, certainty);
	finding->gone = false;
	finding->count++;
	finding__add_ref(finding, arm->ref);
	arm->finding = finding->id;
}

/* An end that succeeded: was somebody told of the ref meanwhile who never mapped it? */
void rules__end_ok(struct rules *rules, struct ledger *ledger, struct domain *granter, u32 ref,
		   struct gen *gen, const struct span *at)
{
	struct ref *state = domain__ref(granter, ref);
	struct arm *arm;
	u32 nr;

	for (nr = state->arms; nr; nr = arm->next) {
		arm = arm__at(ledger, nr);
		if (ledger->domains[arm->mapper]->domid != gen->peer &&
		    !(gen->flags & GEN_ADOPTED))
			continue;
		/* Told before this life began: not about this one. Told after it: rules__arm() sees to it. */
		if (span__before(arm->mapper, &arm->at, granter->index, &gen->grant) ||
		    span__before(granter->index, &gen->end, arm->mapper, &arm->at))
			continue;
		near_miss(rules, ledger, granter, arm, gen);
		return;
	}
}

/* Told of a ref: is it gone already? */
void rules__arm(struct rules *rules, struct ledger *ledger, u32 nr)
{
	struct arm *arm = arm__at(ledger, nr);
	struct domain *granter = ledger->domains[arm->granter];
	struct ref *ref = domain__ref(granter, arm->ref);
	struct gen *gen = gen__at(ledger, ref->gen);

	if (!granter->feed || !gen || !(gen->flags & GEN_ENDED) ||
	    gen->flags & (GEN_IMPLICIT_END | GEN_NEAR_MISS))
		return;
	if (span__before(granter->index, &gen->end, arm->mapper, &arm->at))
		near_miss(rules, ledger, granter, arm, gen);
}
