// SPDX-License-Identifier: GPL-2.0
/* foreign-ref-freed: a subsystem ended access to a ref that another one granted. */
#include <stdio.h>

#include "rules/rules.h"

/* Helpers through which many act tell nothing. */
static bool is_somebody(enum kind kind)
{
	return kind != KIND_UNKNOWN && kind != KIND_XENBUS && kind != KIND_TOOLSTACK;
}

static void fill(struct ledger *ledger, struct finding *finding, const struct happening *end)
{
	struct party by;
	char name[96], owner[96];

	finding->granter = end->granter->domid;
	finding->mapper = end->gen->peer;
	finding->ref = end->ref;
	finding->generation = end->gen->number;
	finding->told_generation = end->gen->number;
	finding->when = span__system(&end->at);
	finding->when_err = span__err(&end->at);
	party__fill(&finding->owner, end->granter, end->gen->stack, end->gen->task);
	party__fill(&by, end->granter, end->stack, end->task);
	finding__evidence(finding, "owner",
			  "generation %u was granted by %s and ended by %s (d%u's word)",
			  end->gen->number, party__name(&finding->owner, owner, sizeof(owner)),
			  party__name(&by, name, sizeof(name)), end->granter->domid);
	rules__history(ledger, finding, end->granter, end->ref, 0);
}

void rules__foreign(struct rules *rules, struct ledger *ledger, const struct happening *end)
{
	enum kind owner = gen__owner(end->granter, end->ref, end->gen);
	enum kind by = domain__kind(end->granter, end->stack);
	struct finding *finding;
	bool fresh, blind;
	u64 key[3] = {(u64)end->granter->domid << 32, (u64)owner << 32 | by, 0};

	if (!is_somebody(owner) || !is_somebody(by) || owner == by || end->gen->flags & GEN_ADOPTED)
		return;
	finding = findings__get(&rules->findings, CLASS_FOREIGN_REF_FREED, key, &fresh);
	if (!finding)
		return;
	if (fresh)
		fill(ledger, finding, end);
	blind = rules__blind(ledger, finding, end->granter,
			     REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE), span__in(&end->gen->grant),
			     end->at.out, "the ref may have changed hands unseen");
	finding__count(finding, blind ? CERTAINTY_POSSIBLE : CERTAINTY_PROVEN, end->ref, &end->at,
		       fresh);
}
