// SPDX-License-Identifier: GPL-2.0
/* The granter's side of the ledger: generations begin and end. */
#include <errno.h>

#include "ledger/ledger_internal.h"

/*
 * The mapper of an unrecorded grant is unknown, and most mappers are dom0: without its capture its
 * maps are missing.
 */
static void note_unseen_grant(struct ledger *ledger)
{
	struct domain *dom0 = ledger__domain(ledger, 0);

	if (dom0)
		dom0->granted_to = true;
}

/* The same, if the baseline shows the mapper. */
static void note_grantee(struct ledger *ledger, struct domain *granter, const struct gen *gen)
{
	struct domain *peer = gen->baseline ? ledger__named(ledger, granter, gen->peer) : NULL;

	if (peer)
		peer->granted_to = true;
}

/* Who ends what was granted unseen shows whether backends copy it. */
static void note_copied(struct ledger *ledger, struct domain *granter, const struct gen *gen,
			u32 stack)
{
	struct domain *peer;

	if (!(gen->flags & GEN_ADOPTED) || !kind__is_copied(domain__kind(granter, stack)))
		return;
	peer = gen->baseline ? ledger__named(ledger, granter, gen->peer)
			     : ledger__domain(ledger, 0);
	if (peer)
		peer->copied_to = true;
}

/* The generation that an end is about; a new, adopted one if the grant was not recorded. */
static struct gen *current(struct ledger *ledger, struct domain *domain, struct ref *ref)
{
	struct gen *gen = gen__at(ledger, ref->gen);

	if (gen && !(gen->flags & GEN_ENDED))
		return gen;
	gen = ledger__new_gen(ledger, domain, ref);
	if (gen) {
		gen->flags |= GEN_ADOPTED;
		gen->peer = DOMID_UNKNOWN;
		gen->grant.err = SPAN_UNKNOWN;
		note_unseen_grant(ledger);
	}
	return gen;
}

/*
 * Whether the live generation @gen still has its owner. An owner may free the ref without an end,
 * as hvc_xen does, or lose the ref in a resume. A transfer ends without a record.
 */
static bool is_held(const struct gen *gen)
{
	return !(gen->flags & (GEN_FREED | GEN_RESET | GEN_GONE)) &&
	       (gen->gflags & GTF_type_mask) != GTF_accept_transfer;
}

/*
 * Whether the owner of @gen writes the entry of the same page for the same domain once more. This
 * changes nothing and begins no generation. gnttab_grant_foreign_access() takes another ref from
 * the free list.
 */
static bool is_renewed(struct domain *domain, const struct gen *gen, const struct rec_grant *rec)
{
	return !(gen->flags & (GEN_ENDED | GEN_ADOPTED)) && is_held(gen) &&
	       gen->frame == rec->frame && gen->peer == rec->peer &&
	       domain__kind(domain, gen->stack) == domain__kind(domain, rec->e.stack) &&
	       domain__via(domain, rec->e.stack) != VIA_NEW;
}

/* Queues for judgement: a ref was granted while its newest generation @gen still had its owner. */
static int grant_over(struct ledger *ledger, struct domain *domain, const struct rec_grant *rec,
		      struct gen *gen, const struct span *at, u64 since)
{
	struct pending item = {.type = PENDING_GRANTED_OVER,
			       .at = *at,
			       .since = since,
			       .granter = domain->index,
			       .ref = rec->ref,
			       .gen = gen->number,
			       .stack = id16(rec->e.stack),
			       .task = id16(rec->e.task)};

	gen->others += gen->others < UINT8_MAX;
	return ledger__defer(ledger, &item);
}

static void undefer(struct domain *domain, struct gen *gen)
{
	if (gen->flags & GEN_DEFERRED && !(gen->flags & GEN_ENDED))
		domain->deferred--;
}

/* Returns when the granting call of @gen returned, 0 if it is not recorded. */
static u64 grant_out(const struct gen *gen)
{
	return gen->flags & GEN_ADOPTED ? 0 : gen->grant.out;
}

/* The time at which the last recorded call for @gen returned. */
static u64 last_out(const struct ledger *ledger, const struct gen *gen)
{
	return gen->end ? gen__end(ledger, gen)->out : grant_out(gen);
}

/*
 * The calls that grant and end a ref with one owner never overlap. Sets GEN_OVERLAPPED in @gen and
 * older generations whose calls overlap @call, a grant or an end. Two overlapping ends are no sign
 * of two owners: the first to take effect is the end. Returns whether there are any.
 */
static bool mark_overlaps(struct ledger *ledger, struct gen *gen, const struct span *call,
			  bool is_grant)
{
	const u64 in = span__in(call);
	bool found = false;
	u32 left;

	for (left = LEDGER_HISTORY; left && gen && in < last_out(ledger, gen); left--) {
		if (is_grant || in < grant_out(gen)) {
			gen->flags |= GEN_OVERLAPPED;
			found = true;
		}
		gen = gen__at(ledger, gen->older);
	}
	return found;
}

/* By when the owner of @gen, which has not ended, had it at the latest. */
static u64 known_since(const struct ledger *ledger, const struct gen *gen)
{
	if (gen->flags & GEN_ADOPTED && gen->end)
		return span__in(gen__end(ledger, gen));
	return gen->baseline ? gen->grant.out : span__in(&gen->grant);
}

int ledger__end_implicitly(struct ledger *ledger, struct domain *domain, struct gen *gen,
			   const struct span *at)
{
	undefer(domain, gen);
	gen->flags |= GEN_ENDED | GEN_IMPLICIT_END;
	return ledger__set_end(ledger, gen, at, 0, 0);
}

/*
 * Whether @gen, an entry of the baseline, is what this grant made: the entry was read while the
 * call was under way, whose record comes when it returns.
 */
static bool is_read_meanwhile(const struct gen *gen, const struct rec_grant *rec,
			      const struct span *at)
{
	return gen->baseline && !(gen->flags & GEN_ENDED) && span__in(at) < gen->grant.out &&
	       gen->peer == rec->peer && gen->frame == rec->frame;
}

static void fill_grant(struct gen *gen, const struct rec_grant *rec, const struct span *at)
{
	gen->grant = *at;
	gen->frame = rec->frame;
	gen->peer = rec->peer;
	gen->gflags = (u8)rec->gflags;
	gen->stack = id16(rec->e.stack);
	gen->task = id16(rec->e.task);
}

int ledger__grant(struct ledger *ledger, struct domain *domain, const struct merge_event *event)
{
	const struct rec_grant *rec = (const void *)event->rec;
	struct span at = span__from(&event->when, event->rec->flags & REC_F_NO_ENTRY);
	struct ref *ref = domain__ref_make(domain, rec->ref);
	struct domain *peer = ledger__named(ledger, domain, rec->peer);
	struct gen *gen;
	bool over = false, overlaps;
	u64 since = 0;

	if (!ref)
		return 0;
	if (peer) {
		peer->granted_to = true;
		if (!peer->copied_to)
			peer->copied_to = kind__is_copied(domain__kind(domain, rec->e.stack));
	}
	domain->reserved_uses += rec->ref < RESERVED_REFS;
	gen = gen__at(ledger, ref->gen);
	if (gen && is_read_meanwhile(gen, rec, &at)) {
		fill_grant(gen, rec, &at);
		gen->flags &= (u16)~GEN_ADOPTED;
		gen->baseline = false;
		return 0;
	}
	if (gen && is_renewed(domain, gen, rec)) {
		/* Read-only only while it always was. */
		gen->gflags &= (u8)(rec->gflags | ~GTF_readonly);
		return 0;
	}
	overlaps = mark_overlaps(ledger, gen, &at, true);
	if (gen && !(gen->flags & GEN_ENDED)) {
		over = rec->ref >= RESERVED_REFS && is_held(gen);
		/* If an end overlaps the grant, the generation may have ended then. */
		since = known_since(ledger, gen);
		if (ledger__end_implicitly(ledger, domain, gen, &at))
			return -ENOMEM;
	}
	gen = ledger__new_gen(ledger, domain, ref);
	if (!gen)
		return -ENOMEM;
	fill_grant(gen, rec, &at);
	gen->flags |= overlaps ? GEN_OVERLAPPED : 0;
	if (over && grant_over(ledger, domain, rec, gen, &at, since))
		return -ENOMEM;
	ledger__trim_gens(ledger, domain, ref);
	return 0;
}

static int refuse(struct ledger *ledger, struct domain *domain, const struct rec_revoke *rec,
		  struct gen *gen, struct pending *item)
{
	enum via via = domain__via(domain, rec->e.stack);

	gen->flags |= rec->e.h.flags & REC_F_EXITING ? GEN_EXITING : 0;
	gen->refusals += gen->refusals < UINT8_MAX;
	if (!gen->end) {
		if (ledger__set_end(ledger, gen, &item->at, rec->e.stack, rec->e.task))
			return -ENOMEM;
		gen->ender = domain__kind(domain, rec->e.stack) & 0x1f;
	}
	if ((via == VIA_DEFER || via == VIA_RETRY) && !(gen->flags & GEN_DEFERRED)) {
		gen->flags |= GEN_DEFERRED;
		domain->deferred++;
	}
	/* A further refusal of a retry only shows that the page is still mapped. */
	if (via == VIA_RETRY)
		item->type = PENDING_RETRY;
	item->since = ending__at(ledger, gen->end)->at.out;
	return 0;
}

int ledger__revoke(struct ledger *ledger, struct domain *domain, const struct merge_event *event)
{
	const struct rec_revoke *rec = (const void *)event->rec;
	struct ref *ref = domain__ref_make(domain, rec->ref);
	struct pending item = {.type = PENDING_END,
			       .at = span__from(&event->when, event->rec->flags & REC_F_NO_ENTRY),
			       .granter = domain->index,
			       .ref = rec->ref,
			       .ok = rec->ok,
			       .stack = id16(rec->e.stack),
			       .task = id16(rec->e.task)};
	struct gen *gen;
	bool overlaps;

	if (!ref)
		return 0;
	overlaps = mark_overlaps(ledger, gen__at(ledger, ref->gen), &item.at, false);
	gen = current(ledger, domain, ref);
	if (!gen)
		return -ENOMEM;
	note_grantee(ledger, domain, gen);
	note_copied(ledger, domain, gen, rec->e.stack);
	gen->flags |= overlaps ? GEN_OVERLAPPED : 0;
	item.gen = gen->number;
	if (!rec->ok) {
		if (refuse(ledger, domain, rec, gen, &item))
			return -ENOMEM;
		return ledger__defer(ledger, &item);
	}
	undefer(domain, gen);
	if (gen->end && gen->flags & GEN_DEFERRED)
		item.since = ending__at(ledger, gen->end)->at.out;
	gen->flags |= GEN_ENDED | (event->rec->flags & REC_F_EXITING ? GEN_EXITING : 0);
	/* The end of a replaced grant: one of its owners is gone. */
	if (gen->flags & GEN_ADOPTED && gen->others)
		gen->others--;
	if (ledger__set_end(ledger, gen, &item.at, rec->e.stack, rec->e.task))
		return -ENOMEM;
	if (gen->flags & GEN_ADOPTED)
		ledger__trim_gens(ledger, domain, ref);
	return ledger__defer(ledger, &item);
}

/* The time by which @gen had surely begun, on the granter's clock. */
static u64 begun_by(const struct ledger *ledger, const struct gen *gen)
{
	return !gen__is_known(gen) && gen->end ? gen__end(ledger, gen)->out : gen->grant.out;
}

/*
 * The generation that a free is about. A ref can be granted again as soon as the free takes effect,
 * so the record of the free may come after that of the next grant; but the free began before the
 * grant. A delayed call may overlap a second grant, if the ref has two owners. If the next grant is
 * unrecorded, the record of its end may come first.
 */
static struct gen *freed_gen(struct ledger *ledger, struct domain *domain, struct ref *ref,
			     const struct merge_event *event)
{
	struct gen *gen = gen__at(ledger, ref->gen);
	struct gen *older = gen ? gen__at(ledger, gen->older) : NULL, *begun;

	if (!gen)
		return NULL;
	/*
	 * The successful end of the older generation is going to free the ref and has not done so
	 * yet.
	 */
	if (older && gen->flags & GEN_ADOPTED && gen__ended_well(older) &&
	    !(older->flags & (GEN_FREED | GEN_GONE)) &&
	    via__frees(domain__via(domain, ending__at(ledger, older->end)->stack)))
		return older;
	begun = gen;
	while (begun && event->when.in < begun_by(ledger, begun))
		begun = gen__at(ledger, begun->older);
	/* A call without its entry, or a very long one, may have begun after a grant. */
	if (!(event->rec->flags & REC_F_NO_ENTRY) &&
	    (begun || event->when.out - event->when.in <= LEDGER_CALL_NS))
		return begun;
	return older && gen__ended_well(older) && !(older->flags & GEN_FREED) ? older : gen;
}

/*
 * Whether a second free of a ref is a fault. A ref moves between a private pool and the free list
 * without a grant. So does a ref which is allocated in a list, stays unused, and is freed with the
 * list. A free without a stack may be of that kind.
 */
static bool is_again(struct domain *domain, const struct rec_ref *rec, const struct gen *gen,
		     bool pool)
{
	enum via via = domain__via(domain, rec->e.stack);

	if (gen->flags & GEN_GONE || pool != !!(gen->flags & GEN_RELEASED))
		return false;
	return pool || (via != VIA_LIST && via != VIA_UNKNOWN);
}

static void note_free(struct gen *gen, bool pool)
{
	gen->flags |= GEN_FREED;
	if (pool)
		gen->flags |= GEN_RELEASED;
	else
		gen->flags &= (u16)~GEN_RELEASED;
}

int ledger__release(struct ledger *ledger, struct domain *domain, const struct merge_event *event)
{
	const struct rec_ref *rec = (const void *)event->rec;
	struct ref *ref = domain__ref_make(domain, rec->ref);
	bool again, pool = event->rec->type == REC_RELEASE;
	struct pending item;
	struct gen *gen;

	/*
	 * The kernel ignores frees of reserved refs. A ref without a recorded grant may be an
	 * unused one of a pool.
	 */
	gen = ref && rec->ref >= RESERVED_REFS ? freed_gen(ledger, domain, ref, event) : NULL;
	if (!gen && rec->e.h.type == REC_FREE)
		note_unseen_grant(ledger);
	if (!gen)
		return 0;
	note_grantee(ledger, domain, gen);
	/* Recorders omit the stack of a free that belongs to an end. This free does not. */
	if (gen->flags & GEN_FREED && !rec->e.stack)
		event->feed->no_stack++;
	again = gen->flags & GEN_FREED && gen == gen__at(ledger, ref->gen) &&
		is_again(domain, rec, gen, pool);
	if (!again && (gen->flags & GEN_FREED || gen__ended_well(gen))) {
		note_free(gen, pool);
		return 0;
	}
	note_free(gen, pool);
	item = (struct pending){.type = again ? PENDING_FREED_AGAIN : PENDING_FREED,
				.at = span__from(&event->when, event->rec->flags & REC_F_NO_ENTRY),
				.granter = domain->index,
				.ref = rec->ref,
				.gen = gen->number,
				.stack = id16(rec->e.stack),
				.task = id16(rec->e.task)};
	return ledger__defer(ledger, &item);
}

static void reset_ref(void *ctx, u32 nr, struct ref *ref)
{
	struct gen *gen = gen__at(ctx, ref->gen);

	if (!gen)
		return;
	gen->flags |= GEN_BEFORE_RESET;
	if (!(gen->flags & GEN_ENDED))
		gen->flags |= GEN_RESET;
}

static void forget_holder(void *ctx, u32 nr, struct ref *ref)
{
	struct gen *gen = gen__at(ctx, ref->gen);

	if (gen)
		gen->flags |= GEN_GONE;
}

void ledger__forget_holders(struct ledger *ledger, struct domain *domain)
{
	domain__each_ref(domain, forget_holder, ledger);
}

/*
 * Resume. After a restore the table is new, and all grants are gone without an end. After a
 * cancelled suspend all grants are still there. The records of both look alike, so the ledger
 * assumes neither.
 */
void ledger__reset(struct ledger *ledger, struct domain *domain)
{
	domain__each_ref(domain, reset_ref, ledger);
	ledger->listener.reset(ledger->listener.ctx, ledger, domain);
}
