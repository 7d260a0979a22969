// SPDX-License-Identifier: GPL-2.0
/* The granter's side of the ledger: generations begin, end, and leave the history. */
#include <errno.h>

#include "ledger/ledger_internal.h"

#define GENS_COUNTED 31 /* what fits struct ref's nr_gens */

void ledger__put_gen(struct ledger *ledger, u32 nr)
{
	struct gen *gen = gen__at(ledger, nr);

	if (gen->end)
		pool__put(&ledger->endings, gen->end);
	pool__put(&ledger->gens, nr);
}

/*
 * An arm that was told of generation @nr keeps it: a report wants to name it however long ago that
 * was.
 */
static bool keep_for_arm(struct ledger *ledger, const struct ref *ref, u32 nr)
{
	u32 arm_nr;

	for (arm_nr = ref->arms; arm_nr; arm_nr = arm__at(ledger, arm_nr)->next) {
		struct arm *arm = arm__at(ledger, arm_nr);

		if (arm->told || arm->told_number != gen__at(ledger, nr)->number)
			continue;
		arm->told = nr;
		gen__at(ledger, nr)->older = 0;
		return true;
	}
	return false;
}

/*
 * Forget generations beyond the history's length, unless something unsettled may still ask for
 * them.
 */
static void trim(struct ledger *ledger, struct ref *ref)
{
	u32 history = ledger__history(ledger), keep = history, most = ledger->limits->gens;
	struct gen *gen, *next = NULL;
	u32 nr, waiting = 0;

	/* A walk through cold memory, which a young ref is spared. */
	if (ref->nr_gens <= history + 1)
		return;
	for (gen = gen__at(ledger, ref->gen); gen && keep; keep--)
		gen = gen__at(ledger, gen->older);
	for (; gen && (next = gen__at(ledger, gen->older)); gen = next, waiting++)
		/* What waits of a generation may ask for the one before. */
		if (waiting == most || ledger__is_past(ledger, span__system(gen__end(ledger, gen))))
			break;
	/* A list that is long for what has not settled is not walked again and again. */
	ref->nr_gens = (history + 1 - min(waiting, history)) & GENS_COUNTED;
	ledger->dropped[LIMIT_GENS] += next && waiting == most;
	if (!next)
		return;
	for (nr = gen->older; nr;) {
		u32 older = gen__at(ledger, nr)->older;

		if (!keep_for_arm(ledger, ref, nr))
			ledger__put_gen(ledger, nr);
		nr = older;
	}
	gen->older = 0;
}

/*
 * A generation that was granted over may still be mapped, and Xen then gives later maps of the ref
 * its page. No more once the books show that nobody maps the ref, if the mapper's books are whole.
 */
static bool inherits_taint(struct ledger *ledger, const struct ref *ref, const struct gen *before)
{
	struct domain *peer;
	u32 nr;

	if (!(before->flags & (GEN_IMPLICIT_END | GEN_TAINTED)))
		return false;
	peer = before->peer == DOMID_UNKNOWN ? NULL : ledger__known(ledger, before->peer);
	if (!peer || !peer->feed || peer->feed->lost || peer->input->coverage.nr ||
	    !ledger__is_past(ledger, span__system(&before->grant)))
		return true;
	for (nr = ref->maps; nr; nr = map__at(ledger, nr)->next)
		if (map__at(ledger, nr)->flags & (MAP_OPEN | MAP_PENDING))
			return true;
	return false;
}

static struct gen *new_gen(struct ledger *ledger, struct ref *ref)
{
	u32 nr = pool__get(&ledger->gens);
	struct gen *gen;

	if (!nr)
		return NULL;
	gen = pool__at(&ledger->gens, nr);
	gen->number = 1;
	if (ref->gen) {
		const struct gen *before = gen__at(ledger, ref->gen);

		gen->number = before->number + 1;
		gen->others = before->flags & GEN_GONE ? 0 : before->others;
		gen->flags = inherits_taint(ledger, ref, before) ? GEN_TAINTED : 0;
	}
	gen->older = ref->gen;
	ref->gen = nr;
	ref->nr_gens += ref->nr_gens < GENS_COUNTED;
	return gen;
}

static int set_end(struct ledger *ledger, struct gen *gen, const struct span *at, u32 stack,
		   u32 task)
{
	struct ending *end;

	if (!gen->end)
		gen->end = pool__get(&ledger->endings);
	end = ending__at(ledger, gen->end);
	if (!end)
		return -ENOMEM;
	*end = (struct ending){*at, id16(stack), id16(task)};
	return 0;
}

/*
 * Somebody was granted a ref, and nobody saw whom: if dom0, which serves most, is not recorded, its
 * maps are missed.
 */
static void note_unseen_grant(struct ledger *ledger)
{
	struct domain *dom0 = ledger__domain(ledger, 0);

	if (dom0)
		dom0->granted_to = true;
}

/* The generation that an end is about; adopted if its grant was not seen. */
static struct gen *current(struct ledger *ledger, struct ref *ref)
{
	struct gen *gen = gen__at(ledger, ref->gen);

	if (gen && !(gen->flags & GEN_ENDED))
		return gen;
	gen = new_gen(ledger, ref);
	if (gen) {
		gen->flags |= GEN_ADOPTED;
		gen->peer = DOMID_UNKNOWN;
		gen->grant.err = SPAN_UNKNOWN;
		note_unseen_grant(ledger);
	}
	return gen;
}

/*
 * Whether @gen, which has not ended, still has its owner. Not if that one gave the ref back without
 * an end (hvc_xen does), and it may have lost it in a resume. Transfers end without a record.
 */
static bool is_held(const struct gen *gen)
{
	return !(gen->flags & (GEN_FREED | GEN_RESET | GEN_GONE)) &&
	       (gen->gflags & GTF_type_mask) != GTF_accept_transfer;
}

/* A grant of a ref whose newest generation @gen still has its owner. */
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

/* When the last call that is on record for @gen had returned. */
static u64 last_out(const struct ledger *ledger, const struct gen *gen)
{
	return gen->end ? gen__end(ledger, gen)->out : gen->grant.out;
}

/*
 * A ref with one owner is granted and ended by one call after the other. Mark the generations from
 * @gen back with whose calls @call, an end or a grant, overlaps. That two ends overlap does not
 * matter: whichever came first is the end. Returns whether there are any.
 */
static bool mark_overlaps(struct ledger *ledger, struct gen *gen, const struct span *call,
			  bool is_grant)
{
	const u64 in = span__in(call);
	bool found = false;
	u32 left;

	for (left = LEDGER_HISTORY; left && gen && in < last_out(ledger, gen); left--) {
		if (is_grant || in < gen->grant.out) {
			gen->flags |= GEN_OVERLAPPED;
			found = true;
		}
		gen = gen__at(ledger, gen->older);
	}
	return found;
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
	gen = gen__at(ledger, ref->gen);
	overlaps = mark_overlaps(ledger, gen, &at, true);
	if (gen && !(gen->flags & GEN_ENDED)) {
		over = rec->ref >= RESERVED_REFS && is_held(gen);
		/* An end that overlaps the grant may have ended it. */
		since = span__in(gen->flags & GEN_ADOPTED ? &ending__at(ledger, gen->end)->at
							  : &gen->grant);
		undefer(domain, gen);
		gen->flags |= GEN_ENDED | GEN_IMPLICIT_END;
		if (set_end(ledger, gen, &at, 0, 0))
			return -ENOMEM;
	}
	gen = new_gen(ledger, ref);
	if (!gen)
		return -ENOMEM;
	gen->grant = at;
	gen->flags |= overlaps ? GEN_OVERLAPPED : 0;
	gen->frame = rec->frame;
	gen->peer = rec->peer;
	gen->gflags = (u8)rec->gflags;
	gen->stack = id16(rec->e.stack);
	gen->task = id16(rec->e.task);
	if (over && grant_over(ledger, domain, rec, gen, &at, since))
		return -ENOMEM;
	trim(ledger, ref);
	return 0;
}

static int refuse(struct ledger *ledger, struct domain *domain, const struct rec_revoke *rec,
		  struct gen *gen, struct pending *item)
{
	enum via via = domain__via(domain, rec->e.stack);

	gen->flags |= rec->e.h.flags & REC_F_EXITING ? GEN_EXITING : 0;
	gen->refusals += gen->refusals < UINT8_MAX;
	if (!gen->end && set_end(ledger, gen, &item->at, rec->e.stack, rec->e.task))
		return -ENOMEM;
	if ((via == VIA_DEFER || via == VIA_RETRY) && !(gen->flags & GEN_DEFERRED)) {
		gen->flags |= GEN_DEFERRED;
		domain->deferred++;
	}
	/* A retry that is refused again tells nothing but that it lasts. */
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
	gen = current(ledger, ref);
	if (!gen)
		return -ENOMEM;
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
	/* One of the owners whose grant was replaced. */
	if (gen->flags & GEN_ADOPTED && gen->others)
		gen->others--;
	if (set_end(ledger, gen, &item.at, rec->e.stack, rec->e.task))
		return -ENOMEM;
	if (gen->flags & GEN_ADOPTED)
		trim(ledger, ref);
	return ledger__defer(ledger, &item);
}

/* When @gen had begun at the latest, on its granter's clock. */
static u64 begun_by(const struct ledger *ledger, const struct gen *gen)
{
	return gen->flags & GEN_ADOPTED && gen->end ? gen__end(ledger, gen)->out : gen->grant.out;
}

/*
 * The generation that a free is about. Its record may come after the next grant's, as the ref is
 * another's as soon as the free took effect; but the free began before that. A call that was held
 * up for long may even see a second grant pass, of a ref with two owners. The next grant may also
 * be missing, and an end tell of its generation first.
 */
static struct gen *freed_gen(struct ledger *ledger, struct domain *domain, struct ref *ref,
			     const struct merge_event *event)
{
	struct gen *gen = gen__at(ledger, ref->gen);
	struct gen *older = gen ? gen__at(ledger, gen->older) : NULL;

	if (!gen)
		return NULL;
	/* The end of the generation before frees the ref by itself, and has not yet. */
	if (older && gen->flags & GEN_ADOPTED && gen__ended_well(older) &&
	    !(older->flags & (GEN_FREED | GEN_GONE)) &&
	    via__frees(domain__via(domain, ending__at(ledger, older->end)->stack)))
		return older;
	if (event->rec->flags & REC_F_NO_ENTRY)
		return older && gen__ended_well(older) && !(older->flags & GEN_FREED) ? older : gen;
	while (gen && event->when.in < begun_by(ledger, gen))
		gen = gen__at(ledger, gen->older);
	return gen;
}

/*
 * Whether a ref that was freed is freed once more. Between a pool and the free list a ref goes back
 * and forth without a grant; and so does one that is allocated in a list, not needed, and freed in
 * it. Without a stack no free is known not to be of that kind.
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
	 * The kernel ignores frees of reserved refs, and a ref never seen granted may be unused
	 * pool.
	 */
	gen = ref && rec->ref >= RESERVED_REFS ? freed_gen(ledger, domain, ref, event) : NULL;
	if (!gen && rec->e.h.type == REC_FREE)
		note_unseen_grant(ledger);
	if (!gen)
		return 0;
	/* It is left out of a free that follows its own end, which this one does not. */
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
 * Resume. After a restore the whole table is new and every grant is gone without an end; after a
 * suspend that was cancelled every grant is still there. Both look alike from here, so neither is
 * concluded.
 */
void ledger__reset(struct ledger *ledger, struct domain *domain)
{
	domain__each_ref(domain, reset_ref, ledger);
	ledger->listener.reset(ledger->listener.ctx, ledger, domain);
}
