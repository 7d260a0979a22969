// SPDX-License-Identifier: GPL-2.0
/* freed-while-mapped: a ref released for reuse although its end was refused, or never tried. */
#include <stdio.h>

#include "rules/rules.h"

static void fill(struct ledger *ledger, struct finding *finding, const struct happening *freed)
{
	struct domain *granter = freed->granter;
	const struct gen *gen = freed->gen;
	const struct span *at = &freed->at;
	u32 ref = freed->ref;
	struct party by;
	char name[96];

	finding->granter = granter->domid;
	finding->mapper = gen->peer;
	finding->ref = ref;
	finding->generation = gen->number;
	finding->told_generation = gen->number;
	finding->when = span__system(at);
	finding->when_err = span__err(at);
	party__fill(&finding->owner, granter, gen->stack, gen->task);
	party__fill(&by, granter, freed->stack, freed->task);
	if (!finding->owner.func[0])
		finding->owner = by;
	if (gen->refusals)
		finding__evidence(
			finding, "refusal",
			"the end of generation %u was refused %u times and never succeeded "
			"(d%u's word)",
			gen->number, gen->refusals, granter->domid);
	else
		finding__evidence(
			finding, "order",
			"generation %u was granted and no end of access was tried (d%u's word)",
			gen->number, granter->domid);
	rules__history(ledger, finding, granter, ref, 0);
	step__is(finding__step(finding, granter->domid, at, true, "%s releases ref %u for reuse",
			       party__name(&by, name, sizeof(name)), ref),
		 STEP_RELEASE, &by, gen->number);
	finding__sort_steps(finding);
}

/* The end that succeeded, or a whole other life of the ref, may be among what was lost. */
static enum certainty weigh(struct ledger *ledger, struct finding *finding,
			    const struct happening *freed)
{
	const struct gen *gen = freed->gen;

	if (rules__blind(ledger, finding, freed->granter, REC_BIT(REC_REVOKE) | REC_BIT(REC_RESET),
			 gen->flags & GEN_ADOPTED ? 0 : span__in(&gen->grant), freed->at.out,
			 "the end that succeeded may be among them"))
		return CERTAINTY_POSSIBLE;
	return gen->flags & GEN_RESET || !span__has_in(&freed->at) ? CERTAINTY_POSSIBLE
								   : CERTAINTY_PROVEN;
}

void rules__freed(struct rules *rules, struct ledger *ledger, const struct happening *freed)
{
	const struct gen *gen = freed->gen;
	enum kind owner = gen__owner(freed->granter, freed->ref, gen);
	struct finding *finding;
	bool fresh;
	u64 key[3];

	/*
	 * A ref whose grant nobody saw may be a pool's that was never granted: nothing to free
	 * from.
	 */
	if (gen->flags & GEN_ADOPTED && !gen->refusals)
		return;
	/*
	 * The kernel's console frees its ring without an end in every version: known, and nobody's
	 * race.
	 */
	if (owner == KIND_CONSOLE && !gen->refusals)
		return;
	/* After a resume the end was never needed. */
	if (gen->flags & GEN_RESET && !gen->refusals)
		return;
	/*
	 * That no end was seen is no sign of anything where ends were lost; that is said as
	 * blindness.
	 */
	if (!gen->refusals && weigh(ledger, NULL, freed) != CERTAINTY_PROVEN)
		return;
	key[0] = (u64)freed->granter->domid << 32 | (u64)gen->peer << 16;
	key[1] = owner;
	key[2] = !!gen->refusals;
	finding = findings__get(&rules->findings, CLASS_FREED_WHILE_MAPPED, key, &fresh);
	if (!finding)
		return;
	if (fresh)
		fill(ledger, finding, freed);
	finding__count(finding, weigh(ledger, finding, freed), freed->ref, &freed->at, fresh);
}
