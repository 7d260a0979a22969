// SPDX-License-Identifier: GPL-2.0
/* What the granter's recorder read in its own table when recording began. */
#include <errno.h>

#include "ledger/ledger_internal.h"

/*
 * Whether the entry @op, read at @at after all recorded events of @gen, is of a later grant. The
 * end of @gen and that grant have no records: they were lost, or came before a restarted recorder.
 */
static bool is_of_later_grant(const struct ledger *ledger, const struct gen *gen,
			      const struct span *at, const struct op_entry *op)
{
	if (gen->flags & GEN_GONE)
		return true;
	if (gen->flags & GEN_ENDED)
		return gen->end && gen__end(ledger, gen)->out < span__in(at);
	return gen__is_known(gen) && gen->grant.out < span__in(at) &&
	       (gen->frame != op->frame || gen->peer != op->peer);
}

/*
 * Recorded events take precedence over a read of the table: the state of a known ref stays, unless
 * the table has a later grant. An unknown ref was granted before recording, and is live in its
 * first generation.
 */
int ledger__baseline(struct ledger *ledger, struct domain *domain, const struct span *at,
		     const struct op_entry *op)
{
	struct span since = *at;
	struct ref *ref;
	struct gen *gen;

	span__set_dt(&since, SPAN_ANY_TIME);
	/* The table may have been another one. */
	if ((op->eflags & GTF_type_mask) != GTF_permit_access || span__in(at) <= domain->reset_at)
		return 0;
	ref = domain__ref_make(domain, op->ref);
	if (!ref)
		return 0;
	gen = gen__at(ledger, ref->gen);
	if (gen && !is_of_later_grant(ledger, gen, at, op))
		return 0;
	if (gen && !(gen->flags & GEN_ENDED) && ledger__end_implicitly(ledger, domain, gen, &since))
		return -ENOMEM;
	gen = ledger__new_gen(ledger, domain, ref);
	if (!gen)
		return -ENOMEM;
	gen->flags |= GEN_ADOPTED;
	gen->baseline = true;
	gen->grant = since;
	gen->peer = op->peer;
	gen->frame = op->frame;
	gen->gflags = (u8)op->eflags;
	ledger__trim_gens(ledger, domain, ref);
	return 0;
}
