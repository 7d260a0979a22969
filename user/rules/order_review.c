// SPDX-License-Identifier: GPL-2.0
#include "rules/order_review.h"

/* The captures are of different hosts or boots: no order between them holds. */
#define NO_ORDER (UINT64_MAX - 1)

/* ns by which the clocks of @finding's two domains contradict each other. */
static u64 doubt_of(const struct ledger *ledger, const struct finding *finding)
{
	const struct domain *granter = ledger__known(ledger, finding->granter);
	const struct domain *mapper = ledger__known(ledger, finding->mapper);

	if (!granter || !mapper || granter == mapper)
		return 0;
	if (ledger__apart(ledger, granter->index, mapper->index))
		return NO_ORDER;
	return ledger__doubt(ledger, granter->index, mapper->index);
}

/*
 * Whether nothing remains of a finding of @class without the order. A refused end or map remains a
 * refusal.
 */
static bool is_nothing_without(enum finding_class class)
{
	return class == CLASS_STALE_MAP || class == CLASS_STALE_COPY || class == CLASS_NEAR_MISS ||
	       class == CLASS_FREED_WHILE_MAPPED;
}

/* Returns the certainty of a finding whose occurrences all rest on the order. */
static enum certainty without_order(u64 doubt)
{
	/* With captures of two boots, the other side was not recorded. */
	return doubt == NO_ORDER ? CERTAINTY_POSSIBLE : CERTAINTY_LIKELY;
}

/* Whether the finding is of a log only, and so has no margin. */
static bool is_of_log(const struct finding *finding)
{
	u32 i;

	for (i = 0; i < ARRAY_SIZE(finding->margin); i++)
		if (finding->margin[i])
			return false;
	return true;
}

static void withdraw(struct rules *rules, struct finding *finding)
{
	finding->gone = true;
	finding->revision++;
	rules->counters.withdrawn += finding->count;
}

static void review(struct rules *rules, const struct ledger *ledger, struct finding *finding)
{
	u64 doubt = doubt_of(ledger, finding);
	u32 left = finding->certainty + 1;

	if (!doubt || finding->gone || class__severity(finding->class) == SEVERITY_INFO ||
	    is_of_log(finding))
		return;
	while (left && finding->margin[left - 1] <= doubt)
		left--;
	if (!left && is_nothing_without(finding->class)) {
		withdraw(rules, finding);
		return;
	}
	if (left > finding->certainty)
		return;
	finding->certainty = left ? left - 1 : min(finding->certainty, without_order(doubt));
	finding->revision++;
	finding__blind(finding, "%s d%u and d%u %s: the order of their events is in doubt",
		       doubt == NO_ORDER ? "the captures of" : "the clocks of", finding->granter,
		       finding->mapper,
		       doubt == NO_ORDER ? "are not known to be of one boot and time"
					 : "contradict each other");
}

void order_review__all(struct rules *rules, const struct ledger *ledger)
{
	u32 i;

	for (i = 0; i < rules->findings.nr; i++)
		review(rules, ledger, rules->findings.item[i]);
}
