// SPDX-License-Identifier: GPL-2.0
/* freed-while-mapped: a ref released for reuse although its end was refused, or never tried. */
#include <stdio.h>

#include "rules/rules.h"

static void fill(struct ledger *ledger, struct finding *finding, struct domain *granter, u32 ref,
		 const struct gen *gen, const struct span *at, u32 stack, u32 task)
{
	struct party by;
	char name[96];

	finding->granter = granter->domid;
	finding->mapper = gen->peer;
	finding->ref = ref;
	finding->generation = gen->number;
	finding->told_generation = gen->number;
	finding->when = span__system(at);
	finding->when_err = at->err;
	party__fill(&finding->owner, granter, gen->stack, gen->task);
	party__fill(&by, granter, stack, task);
	if (!finding->owner.func[0])
		finding->owner = by;
	if (gen->refusals)
		finding__evidence(finding, "refusal",
				  "the end of generation %u was refused %u times and never succeeded "
				  "(d%u's word)",
				  gen->number, gen->refusals, granter->domid);
	else
		finding__evidence(finding, "order",
				  "generation %u was granted and no end of access was tried (d%u's word)",
				  gen->number, granter->domid);
	rules__history(ledger, finding, granter, ref, 0);
	finding__step(finding, granter->domid, at, true, "%s releases ref %u for reuse",
		      party__name(&by, name, sizeof(name)), ref);
	finding__sort_steps(finding);
	snprintf(finding->fingerprint, sizeof(finding->fingerprint), "gw1:freed-while-mapped:%s:%s:%s",
		 kind__name(finding->owner.kind), gen->refusals ? "refused" : "no-end", by.func);
}

void rules__freed(struct rules *rules, struct ledger *ledger, struct domain *granter, u32 ref,
		  struct gen *gen, const struct span *at, u32 stack, u32 task)
{
	struct finding *finding;
	enum certainty certainty = CERTAINTY_PROVEN;
	bool fresh;
	u64 key[3];

	/* A ref whose grant nobody saw may be a pool's that was never granted: nothing to free from. */
	if (gen->flags & GEN_ADOPTED && !gen->refusals)
		return;
	key[0] = (u64)granter->domid << 32 | (u64)gen->peer << 16;
	key[1] = gen__owner(granter, ref, gen);
	key[2] = !!gen->refusals;
	finding = findings__get(&rules->findings, CLASS_FREED_WHILE_MAPPED, key, &fresh);
	if (!finding)
		return;
	if (fresh)
		fill(ledger, finding, granter, ref, gen, at, stack, task);
	if (rules__blind(finding, granter, REC_BIT(REC_REVOKE), span__in(&gen->grant), at->out,
			 "the end that succeeded may be among them"))
		certainty = CERTAINTY_POSSIBLE;
	if (fresh || certainty > finding->certainty)
		finding->revision++;
	finding->certainty = max(finding->certainty, certainty);
	finding->count++;
	finding__add_ref(finding, ref);
}
