// SPDX-License-Identifier: GPL-2.0
/* The granter's side of the ledger: generations begin, end, and leave the history. */
#include <errno.h>

#include "ledger/ledger_internal.h"

/* Forget generations beyond the history's length. */
static void trim(struct ledger *ledger, struct ref *ref)
{
	struct gen *gen = gen__at(ledger, ref->gen);
	u32 kept, nr;

	for (kept = 0; gen && kept < LEDGER_HISTORY; kept++)
		gen = gen__at(ledger, gen->older);
	if (!gen)
		return;
	nr = gen->older;
	gen->older = 0;
	while (nr) {
		u32 older = gen__at(ledger, nr)->older;

		pool__put(&ledger->gens, nr);
		nr = older;
	}
}

static struct gen *new_gen(struct ledger *ledger, struct ref *ref)
{
	u32 nr = pool__get(&ledger->gens);
	struct gen *gen;

	if (!nr)
		return NULL;
	gen = pool__at(&ledger->gens, nr);
	gen->number = ++ref->number;
	gen->older = ref->gen;
	ref->gen = nr;
	return gen;
}

/* The generation that the end, free or refusal in @event is about; adopted if its grant was not seen. */
static struct gen *current(struct ledger *ledger, struct ref *ref)
{
	struct gen *gen = gen__at(ledger, ref->gen);

	if (gen && !(gen->flags & GEN_ENDED))
		return gen;
	gen = new_gen(ledger, ref);
	if (gen) {
		gen->flags = GEN_ADOPTED;
		gen->peer = DOMID_UNKNOWN;
		gen->grant.err = UINT32_MAX;
	}
	return gen;
}

int ledger__grant(struct ledger *ledger, struct domain *domain, const struct merge_event *event)
{
	const struct rec_grant *rec = (const void *)event->rec;
	struct span at = span__from(&event->when);
	struct ref *ref = domain__ref_make(domain, rec->ref);
	struct domain *peer = ledger__domain(ledger, rec->peer);
	struct gen *gen;

	if (!ref)
		return 0;
	if (peer)
		peer->granted_to = true;
	gen = gen__at(ledger, ref->gen);
	if (gen && !(gen->flags & GEN_ENDED)) {
		gen->flags |= GEN_ENDED | GEN_IMPLICIT_END;
		gen->end = at;
	}
	gen = new_gen(ledger, ref);
	if (!gen)
		return -ENOMEM;
	gen->grant = at;
	gen->frame = rec->frame;
	gen->peer = rec->peer;
	gen->gflags = rec->gflags;
	gen->stack = rec->e.stack;
	gen->task = rec->e.task;
	trim(ledger, ref);
	return 0;
}

int ledger__revoke(struct ledger *ledger, struct domain *domain, const struct merge_event *event)
{
	const struct rec_revoke *rec = (const void *)event->rec;
	struct span at = span__from(&event->when);
	struct ref *ref = domain__ref_make(domain, rec->ref);
	struct pending item;
	struct gen *gen;

	if (!ref)
		return 0;
	gen = current(ledger, ref);
	if (!gen)
		return -ENOMEM;
	if (rec->ok) {
		gen->flags |= GEN_ENDED | (event->rec->flags & REC_F_EXITING ? GEN_EXITING : 0);
		gen->end = at;
		gen->end_stack = rec->e.stack;
		gen->end_task = rec->e.task;
	} else {
		gen->refusals += gen->refusals < UINT16_MAX;
		if (domain__via(domain, rec->e.stack) == VIA_DEFER)
			gen->flags |= GEN_DEFERRED;
		/* A retry that is refused again tells nothing new. */
		if (domain__via(domain, rec->e.stack) == VIA_RETRY)
			return 0;
	}
	/* An end that succeeds matters to the rules only where somebody was told of the ref. */
	if (rec->ok && !ref->arms)
		return 0;
	item = (struct pending){.type = PENDING_END,
				.at = at,
				.granter = domain->index,
				.ref = rec->ref,
				.gen = gen->number,
				.ok = rec->ok,
				.stack = rec->e.stack,
				.task = rec->e.task};
	return ledger__defer(ledger, &item);
}

int ledger__release(struct ledger *ledger, struct domain *domain, const struct merge_event *event)
{
	const struct rec_ref *rec = (const void *)event->rec;
	struct ref *ref = domain__ref_make(domain, rec->ref);
	struct pending item;
	struct gen *gen;

	/* The kernel ignores frees of reserved refs, and a ref never seen granted may be unused pool. */
	if (!ref || !ref->gen || rec->ref < RESERVED_REFS)
		return 0;
	gen = gen__at(ledger, ref->gen);
	if (gen->flags & GEN_FREED)
		return 0;
	gen->flags |= GEN_FREED;
	if (gen->flags & GEN_ENDED)
		return 0;
	item = (struct pending){.type = PENDING_FREED,
				.at = span__from(&event->when),
				.granter = domain->index,
				.ref = rec->ref,
				.gen = gen->number,
				.stack = rec->e.stack,
				.task = rec->e.task};
	return ledger__defer(ledger, &item);
}

/* Resume: the whole table is new, every grant is gone without an end. */
void ledger__reset(struct ledger *ledger, struct domain *domain, const struct span *at)
{
	u32 nr;

	domain->resets++;
	for (nr = 0; nr < LEDGER_MAX_REFS; nr++) {
		struct ref *ref;
		struct gen *gen;

		if (!(nr % REF_CHUNK) && (!domain->refs || !domain->refs[nr / REF_CHUNK])) {
			nr += REF_CHUNK - 1;
			continue;
		}
		ref = domain__ref(domain, nr);
		gen = gen__at(ledger, ref->gen);
		if (gen && !(gen->flags & GEN_ENDED)) {
			gen->flags |= GEN_ENDED | GEN_IMPLICIT_END | GEN_FREED;
			gen->end = *at;
		}
	}
}
