// SPDX-License-Identifier: GPL-2.0
/* foreign-ref-freed: a subsystem ended access to a ref that another one had granted. */
#include "rules/blind.h"
#include "rules/history.h"

struct foreign_ref {
	struct judging judging;
	const struct gen_event *end;
};

/* A helper used by many subsystems does not show who acted. */
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
			  end->ok ? "" : "; the end was refused because the page is mapped",
			  end->granter->domid);
	history__add_steps(judging->ledger, finding, end->granter, end->ref, 0);
}

/* Since when every grant of the ref is on record. */
static u64 known_since(const struct judging *judging)
{
	const struct gen *older = gen__at(judging->ledger, judging->gen->older);

	return older && gen__ended_well(older) ? gen__end(judging->ledger, older)->out
					       : judging->granter->feed->recording_since;
}

/*
 * After a double free the free list gives one ref to two owners, and each ends it. The second grant
 * to the ender may be older than the recording, which no read of the table shows: the table has one
 * entry for both. So the record alone never proves that the ender was not granted the ref.
 */
static enum certainty weigh(struct judging *judging, struct finding *finding)
{
	if (blind__overlapped(finding, judging->gen) ||
	    blind__unreturned(finding, judging->granter, judging->at->out))
		return CERTAINTY_POSSIBLE;
	if (blind__within(judging->ledger, finding, judging->granter,
			  REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE), known_since(judging),
			  judging->at->out, "the ref may have got a new owner without a record"))
		return CERTAINTY_POSSIBLE;
	finding__blind(finding,
		       "the ref may have had two owners since before the recording, or "
		       "since events were lost: whoever ended it may have been one of them");
	return CERTAINTY_LIKELY;
}

bool foreign_ref_freed__applies(const struct gen_event *end)
{
	enum kind owner = gen__owner(end->granter, end->ref, end->gen);
	enum kind by = domain__kind(end->granter, end->stack);

	/* With replaced grants, the end may be of the subsystem's own grant. */
	return is_somebody(owner) && is_somebody(by) && owner != by &&
	       !(end->gen->flags & GEN_ADOPTED) && !end->gen->others;
}

/*
 * Whether a driver whose backend can change what it ends has ended a ring of xenbus, which it does
 * not use for its own rings (Linux: net/9p/trans_xen.c, drivers/xen/pvcalls-front.c).
 */
static bool is_borrowed_ring(enum kind owner, enum kind by)
{
	return owner == KIND_XENBUS && kind__borrows_refs(by);
}

/*
 * Whether the granter or the ender of the ref is unknown although its stack is recorded: both may
 * be parts of one subsystem. The stack of a retry shows no subsystem.
 */
static bool is_half_known(const struct gen_event *end)
{
	const struct feed *feed = end->granter->feed;
	enum kind owner = gen__owner(end->granter, end->ref, end->gen);
	enum kind by = domain__kind(end->granter, end->stack);

	if (end->gen->flags & GEN_ADOPTED || end->gen->others ||
	    domain__via(end->granter, end->stack) == VIA_RETRY)
		return false;
	return is_borrowed_ring(owner, by) ||
	       (owner == KIND_UNKNOWN && is_somebody(by) && *feed__stack(feed, end->gen->stack)) ||
	       (by == KIND_UNKNOWN && is_somebody(owner) && *feed__stack(feed, end->stack));
}

void foreign_ref_freed__judge(struct rules *rules, struct ledger *ledger,
			      const struct gen_event *end)
{
	struct foreign_ref foreign = {.judging = judging__of_event(rules, ledger, end, NULL),
				      .end = end};
	struct finding_key key = {.granter = end->granter->domid,
				  .owner = gen__owner(end->granter, end->ref, end->gen),
				  .other = domain__kind(end->granter, end->stack)};

	rules->counters.half_known_ends += is_half_known(end);
	if (!foreign_ref_freed__applies(end))
		return;
	judging__report(&foreign.judging, CLASS_FOREIGN_REF_FREED, &key, fill, weigh);
}
