// SPDX-License-Identifier: GPL-2.0
/*
 * stale-map-refused: told of a ref, and the ref was gone. Xen's refusal is itself evidence: at that
 * instant the entry did not permit the map.
 */
#include <inttypes.h>
#include <stdio.h>

#include "rules/rules.h"

/* Of Xen's public ABI (grant_table.h). */
#define GNTST_general_error (-1)
#define GNTST_bad_gntref    (-3)

static bool is_refusal(const struct map *map)
{
	return map->status == GNTST_general_error || map->status == GNTST_bad_gntref;
}

/*
 * The newest generation for this mapper that surely ended before the map. NULL if there is none, or
 * if the ref may have been this mapper's at that moment: then Xen had another reason.
 */
static struct gen *ended_before(struct ledger *ledger, const struct map *map)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	struct gen *gen, *found = NULL;
	u32 steps = 4096;

	for (gen = gen__at(ledger, ref->gen); gen && steps--; gen = gen__at(ledger, gen->older)) {
		bool adopted = gen->flags & GEN_ADOPTED;

		if (!adopted && gen->peer != ledger->domains[map->mapper]->domid)
			continue;
		if (!adopted &&
		    ledger__before(ledger, map->mapper, &map->at, map->granter, &gen->grant))
			continue;
		if (!gen__ended_well(gen) ||
		    !ledger__before(ledger, map->granter, gen__end(ledger, gen), map->mapper,
				    &map->at))
			return NULL;
		if (!found)
			found = gen;
		if (!adopted)
			break;
	}
	return found;
}

/*
 * The generation that the mapper was told of, when that surely ended before the map, and the ref
 * was granted anew only after the mapper was told. Xen had another reason to refuse then, but what
 * was to be mapped was not meant.
 */
static struct gen *told_before(struct ledger *ledger, const struct map *map, const struct arm *arm)
{
	struct gen *told = arm ? ledger__told(ledger, arm) : NULL, *gen, *next = NULL;
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	const struct call *call;

	if (!told || !gen__ended_well(told) ||
	    !ledger__before(ledger, map->granter, gen__end(ledger, told), map->mapper, &map->at))
		return NULL;
	/* If the history has forgotten it, all that is there is younger. */
	for (gen = gen__at(ledger, ref->gen); gen && gen != told; gen = gen__at(ledger, gen->older))
		next = gen;
	call = call__at(ledger, arm->call);
	return next && ledger__before(ledger, call->mapper, &call->at, map->granter, &next->grant)
		       ? told
		       : NULL;
}

/* @regranted: somebody had been granted the ref since. */
static void fill_refused(struct ledger *ledger, struct finding *finding, u32 nr,
			 const struct gen *gen, const struct arm *arm, bool regranted)
{
	const struct map *map = map__at(ledger, nr);
	struct domain *granter = ledger->domains[map->granter];
	struct domain *mapper = ledger->domains[map->mapper];

	finding->granter = granter->domid;
	finding->mapper = mapper->domid;
	finding->ref = map->ref;
	finding->when = span__system(&map->at);
	finding->when_err = span__err(&map->at);
	finding->when_mono = map->at.out;
	party__fill(&finding->map_by, mapper, map->stack, map->task);
	finding__evidence(finding, "refusal", "Xen refused the map with status %d%s (%s d%u)",
			  map->status,
			  regranted ? "" : ": at that moment the ref did not permit it",
			  rules__xens_word(mapper->domid), mapper->domid);
	if (gen) {
		finding->generation = gen->number;
		finding->told_generation = gen->number;
		finding->killed = gen->flags & GEN_EXITING;
		party__fill(&finding->previous_owner, granter, gen->stack, gen->task);
		finding__evidence(
			finding, "order",
			"generation %u ended at %.6f s ± %.3f ms, the map came at %.6f s ± "
			"%.3f ms",
			gen->number, (double)span__system(gen__end(ledger, gen)) / 1e9,
			(double)span__err(gen__end(ledger, gen)) / 1e6,
			(double)span__system(&map->at) / 1e9, (double)span__err(&map->at) / 1e6);
	}
	if (arm)
		finding__evidence(finding, "circumstance",
				  "the mapper had been told of the ref at %.6f s",
				  (double)span__system(&call__at(ledger, arm->call)->at) / 1e9);
	rules__history(ledger, finding, granter, map->ref, nr);
	finding__outcome(finding, OUTCOME_REFUSED_MAP, "Xen refused: no page was reached");
}

/* That it was told of another generation only being told once more, unseen, could excuse. */
static enum certainty weigh_told(struct ledger *ledger, struct finding *finding,
				 const struct map *map, const struct arm *arm)
{
	struct domain *mapper = ledger->domains[map->mapper];

	if (rules__blind(ledger, finding, mapper, REC_BIT(REC_ARM) | REC_BIT(REC_DISARM),
			 call__at(ledger, arm->call)->at.out, map->at.out,
			 "the mapper may have been told again") ||
	    !rules__clocks_hold(finding, ledger->domains[map->granter], mapper))
		return CERTAINTY_LIKELY;
	return CERTAINTY_PROVEN;
}

static enum certainty weigh_refused(struct ledger *ledger, struct finding *finding,
				    const struct map *map, const struct gen *gen,
				    const struct arm *arm, bool regranted)
{
	struct domain *granter = ledger->domains[map->granter];
	const u32 events = REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE) | REC_BIT(REC_RESET);

	if (regranted)
		return weigh_told(ledger, finding, map, arm);
	if (!gen) {
		finding__blind(finding,
			       "no capture of d%u: whether the ref had ever been granted is "
			       "not known",
			       granter->domid);
		return CERTAINTY_POSSIBLE;
	}
	if (rules__blind_between(ledger, finding, granter, ledger->domains[map->mapper],
				 gen__end(ledger, gen), events, gen__end(ledger, gen), &map->at,
				 "the ref may have been granted again"))
		return CERTAINTY_LIKELY;
	if (gen->flags & GEN_ADOPTED ||
	    !rules__clocks_hold(finding, granter, ledger->domains[map->mapper]))
		return CERTAINTY_LIKELY;
	return CERTAINTY_PROVEN;
}

void rules__refused_map(struct rules *rules, struct ledger *ledger, u32 nr)
{
	struct map *map = map__at(ledger, nr);
	struct domain *granter = ledger->domains[map->granter];
	struct arm *arm = ledger__arm_of(ledger, map);
	struct gen *gen;
	struct finding *finding;
	bool fresh, regranted;
	u64 key[3];

	if (!is_refusal(map) || map->finding)
		return;
	gen = ended_before(ledger, map);
	regranted = !gen;
	if (!gen)
		gen = told_before(ledger, map, arm);
	regranted = regranted && gen;
	/*
	 * Refused for other reasons; or no sign that the ref was ever granted, nor a capture to
	 * tell.
	 */
	if (!gen && (granter->feed || !arm))
		return;
	key[0] = (u64)granter->domid << 32 | (u64)ledger->domains[map->mapper]->domid << 16 |
		 map->kind;
	key[1] = gen ? gen__owner(granter, map->ref, gen) : KIND_UNKNOWN;
	key[2] = kind__has_task(map->kind) ? rules__task(ledger, map)->pid : 0;
	finding = findings__get(&rules->findings, CLASS_STALE_MAP_REFUSED, key, &fresh);
	if (!finding)
		return;
	rules__supersede(rules, arm);
	if (fresh)
		fill_refused(ledger, finding, nr, gen, arm, regranted);
	finding__count(finding, weigh_refused(ledger, finding, map, gen, arm, regranted), map->ref,
		       &map->at, fresh);
	map->finding = finding->id & 1023;
}
