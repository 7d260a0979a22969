// SPDX-License-Identifier: GPL-2.0
/* foreign-ref-freed: a subsystem ended access to a ref that another one granted. */
#include "rules/blind.h"
#include "rules/history.h"

struct foreign_ref {
	struct judging judging;
	const struct gen_event *end;
	bool ok; /* the end succeeded */
};

/* Helpers through which many act tell nothing. */
static bool is_somebody(enum kind kind)
{
	return kind != KIND_UNKNOWN && kind != KIND_XENBUS && kind != KIND_TOOLSTACK;
}

static void fill(struct judging *judging, struct finding *finding)
{
	const struct foreign_ref *foreign = container_of(judging, struct foreign_ref, judging);
	const struct gen_event *end = foreign->end;
	struct party by;
	char name[96], owner[96];

	party__fill(&by, end->granter, end->stack, end->task);
	finding__evidence(finding, "owner",
			  "generation %u was granted by %s and ended by %s%s (reported by d%u)",
			  end->gen->number, party__name(&finding->owner, owner, sizeof(owner)),
			  party__name(&by, name, sizeof(name)),
			  foreign->ok ? "" : "; the end was refused because the page is mapped",
			  end->granter->domid);
	history__add_steps(judging->ledger, finding, end->granter, end->ref, 0);
}

/* Whether the grant before was under way at the same time: either may be the later one. */
static bool overlaps_older(const struct judging *judging)
{
	const struct gen *older = gen__at(judging->ledger, judging->gen->older);

	return older && !(older->flags & GEN_ADOPTED) &&
	       span__in(&judging->gen->grant) < older->grant.out;
}

static enum certainty weigh(struct judging *judging, struct finding *finding)
{
	if (overlaps_older(judging)) {
		finding__blind(finding, "two grants were under way at once: which one Xen goes by "
					"is unknown");
		return CERTAINTY_POSSIBLE;
	}
	if (span__in(judging->at) < judging->gen->grant.out) {
		finding__blind(finding,
			       "the end came while generation %u was being granted, and may have "
			       "ended the one before",
			       judging->gen->number);
		return CERTAINTY_POSSIBLE;
	}
	return blind__within(judging->ledger, finding, judging->granter,
			     REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE),
			     span__in(&judging->gen->grant), judging->at->out,
			     "the ref may have got a new owner without a record")
		       ? CERTAINTY_POSSIBLE
		       : CERTAINTY_PROVEN;
}

void foreign_ref_freed__judge(struct rules *rules, struct ledger *ledger,
			      const struct gen_event *end, bool ok)
{
	enum kind owner = gen__owner(end->granter, end->ref, end->gen);
	enum kind by = domain__kind(end->granter, end->stack);
	struct foreign_ref foreign = {.end = end, .ok = ok};
	struct finding_key key = {.granter = end->granter->domid, .owner = owner, .other = by};

	if (!is_somebody(owner) || !is_somebody(by) || owner == by || end->gen->flags & GEN_ADOPTED)
		return;
	/* It may end a grant of its own, which another one replaced. */
	if (end->gen->others)
		return;
	foreign.judging = judging__of_event(rules, ledger, end, NULL);
	judging__report(&foreign.judging, CLASS_FOREIGN_REF_FREED, &key, fill, weigh);
}
