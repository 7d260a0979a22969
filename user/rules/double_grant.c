// SPDX-License-Identifier: GPL-2.0
/*
 * double-grant: a ref was granted while an older grant of it was live, so it has two owners. A
 * mapper of either gets the page that Xen has for the ref, and the first end takes the ref from
 * both.
 */
#include "rules/blind.h"
#include "rules/history.h"

struct double_grant {
	struct judging judging; /* of the later generation */
	const struct gen_event *grant;
	const struct gen *first;
};

/* A helper used by many subsystems does not show the owner. */
static bool is_somebody(enum kind kind)
{
	return kind != KIND_UNKNOWN && kind != KIND_XENBUS && kind != KIND_TOOLSTACK;
}

static enum kind first_owner(const struct double_grant *two)
{
	return gen__owner(two->judging.granter, two->judging.ref, two->first);
}

static enum kind second_owner(const struct double_grant *two)
{
	return gen__owner(two->judging.granter, two->judging.ref, two->judging.gen);
}

/*
 * Whether only the baseline tells of the first grant. Who gave a ref back without an end, before
 * recording began, has left an entry that is nobody's.
 */
static bool may_be_left_over(const struct double_grant *two)
{
	return two->first->baseline && !two->first->refusals;
}

static void fill(struct judging *judging, struct finding *finding)
{
	const struct double_grant *two = container_of(judging, struct double_grant, judging);
	const struct gen *first = two->first;
	struct domain *granter = judging->granter;
	char name[96], owner[96];
	u32 i;

	/* If the older grant came before recording, only its refused end is recorded. */
	party__fill(&finding->previous_owner, granter, first->stack, first->task);
	finding->told_generation = first->number;
	finding__evidence(finding, "order",
			  "generation %u, granted by %s, had neither ended nor been freed when %s "
			  "granted ref %u at %.6f s (reported by d%u)",
			  first->number, party__name(&finding->previous_owner, name, sizeof(name)),
			  party__name(&finding->owner, owner, sizeof(owner)), judging->ref,
			  (double)span__system(judging->at) / 1e9, granter->domid);
	history__add_steps(judging->ledger, finding, granter, judging->ref, 0);
	for (i = 0; i < finding->nr_steps; i++)
		if (finding->steps[i].type == STEP_GRANT &&
		    finding->steps[i].number == judging->gen->number)
			finding->steps[i].key = true;
}

/*
 * Known drivers take a ref from the free list or from their pool for each grant. An unknown one may
 * rewrite a ref that it holds.
 */
static enum certainty weigh(struct judging *judging, struct finding *finding)
{
	const struct double_grant *two = container_of(judging, struct double_grant, judging);

	if (blind__overlapped(finding, two->first) || blind__overlapped(finding, judging->gen) ||
	    blind__unreturned(finding, judging->granter, judging->at->out))
		return CERTAINTY_LIKELY;
	if (domain__via(judging->granter, judging->gen->stack) == VIA_NEW ||
	    (is_somebody(first_owner(two)) && is_somebody(second_owner(two))))
		return CERTAINTY_PROVEN;
	finding__blind(finding,
		       "one of the two owners is unknown: it may have granted its own ref again");
	return CERTAINTY_LIKELY;
}

void double_grant__judge(struct rules *rules, struct ledger *ledger, const struct gen_event *grant)
{
	const u32 events =
		REC_BIT(REC_REVOKE) | REC_BIT(REC_FREE) | REC_BIT(REC_RELEASE) | REC_BIT(REC_RESET);
	struct double_grant two = {.judging = judging__of_event(rules, ledger, grant, NULL),
				   .grant = grant,
				   .first = gen__at(ledger, grant->gen->older)};
	struct finding_key key = judging__key(&two.judging);

	if (!two.first ||
	    blind__within(ledger, NULL, grant->granter, events, grant->since, grant->at.out, ""))
		return;
	if (may_be_left_over(&two)) {
		rules->counters.left_over++;
		return;
	}
	key.owner = second_owner(&two);
	key.other = first_owner(&two);
	judging__report(&two.judging, CLASS_DOUBLE_GRANT, &key, fill, weigh);
}
