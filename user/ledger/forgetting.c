// SPDX-License-Identifier: GPL-2.0
/*
 * One domain's generations have a limit of memory (--limit history). Beyond it the refs with the
 * oldest last use are forgotten: free ones first, then granted ones. Announced, mapped and copied
 * refs are kept, and so is whatever waits for a verdict. Forgotten generations count as a loss of
 * the granter's records. The numbers of later generations are above those of all forgotten ones, so
 * one number never names two generations of a ref.
 */
#include <stdlib.h>
#include <string.h>

#include "ledger/ledger_internal.h"

/* What a generation takes: itself, its end, and its place in a chunk of refs. */
#define GEN_BYTES (sizeof(struct gen) + sizeof(struct ending) + sizeof(struct ref))

/* One walk over the refs of a domain. */
struct forgetting {
	struct ledger *ledger;
	struct domain *domain;
	bool live;	    /* granted refs too */
	u64 oldest, newest; /* last use of the refs that may go, ns of the domain's clock */
	u64 before;	    /* forget what was used last before this time, same clock */
	u64 since;	    /* the earliest grant that was forgotten, same clock */
	u64 nr;		    /* generations forgotten */
	bool forgot_live;
};

static u64 last_use(const struct ledger *ledger, const struct gen *gen)
{
	return gen->end ? gen__end(ledger, gen)->out : gen->grant.out;
}

/* Sets gen.waiting to @waiting for the refs of @domain about which an item of @queue asks. */
static void mark_waiting(const struct ledger *ledger, const struct domain *domain,
			 const struct queue *queue, bool waiting)
{
	u32 i;

	for (i = 0; i < queue->len; i++) {
		const struct pending *item = queue__at(queue, i);
		const struct ref *ref;

		if (item->granter != domain->index || !pending__is_of_gen(item))
			continue;
		ref = domain__ref(domain, item->ref);
		if (ref && ref->gen)
			gen__at(ledger, ref->gen)->waiting = waiting;
	}
}

static void mark_all_waiting(const struct ledger *ledger, const struct domain *domain, bool waiting)
{
	mark_waiting(ledger, domain, &ledger->queue, waiting);
	mark_waiting(ledger, domain, &ledger->postponed, waiting);
}

/* Whether no verdict that is still to come, and no other state, needs the generations of @ref. */
static bool may_go(const struct forgetting *all, u32 nr, const struct ref *ref)
{
	const struct ledger *ledger = all->ledger;
	const struct gen *gen = gen__at(ledger, ref->gen);

	if (!gen || gen->waiting || ref->maps || ref->arms || domain__copies(all->domain, nr) ||
	    (!all->live && !(gen->flags & GEN_ENDED)))
		return false;
	return (!gen->end || ledger__is_past(ledger, span__system(gen__end(ledger, gen)))) &&
	       ledger__is_past(ledger, span__system(&gen->grant));
}

static void find_ages(void *ctx, u32 nr, struct ref *ref)
{
	struct forgetting *all = ctx;
	u64 used;

	if (!may_go(all, nr, ref))
		return;
	used = last_use(all->ledger, gen__at(all->ledger, ref->gen));
	all->oldest = min(all->oldest, used);
	all->newest = max(all->newest, used);
}

static void forget(void *ctx, u32 nr, struct ref *ref)
{
	struct forgetting *all = ctx;
	struct gen *gen = gen__at(all->ledger, ref->gen);

	if (!may_go(all, nr, ref) || last_use(all->ledger, gen) >= all->before)
		return;
	if (gen->flags & GEN_DEFERRED && !(gen->flags & GEN_ENDED))
		all->domain->deferred--;
	all->forgot_live |= !(gen->flags & GEN_ENDED);
	all->domain->last_forgotten = max(all->domain->last_forgotten, gen->number);
	while (ref->gen) {
		u32 older = gen__at(all->ledger, ref->gen)->older;

		gen = gen__at(all->ledger, ref->gen);
		all->since = min(all->since, gen__is_known(gen) ? span__in(&gen->grant) : 0);
		ledger__put_gen(all->ledger, all->domain, ref->gen);
		ref->gen = older;
		all->nr++;
	}
	ref->nr_gens = 0;
}

static void free_empty_chunks(struct domain *domain)
{
	static const struct ref none[REF_CHUNK];
	u32 i;

	for (i = 0; i < domain->nr_ref_chunks; i++) {
		if (!domain->refs[i] || memcmp(domain->refs[i], none, sizeof(none)))
			continue;
		free(domain->refs[i]);
		domain->refs[i] = NULL;
	}
}

static bool is_enough(const struct ledger *ledger, const struct domain *domain)
{
	return domain->nr_gens * GEN_BYTES <= ledger->policy->history_bytes / 4 * 3;
}

/* Forgets the older half of what may go, then half of the rest, and at last all of it. */
static void forget_oldest(struct forgetting *all)
{
	u32 i;

	all->oldest = UINT64_MAX;
	all->newest = 0;
	domain__each_ref(all->domain, find_ages, all);
	for (i = 1; i <= 3 && all->oldest <= all->newest; i++) {
		if (is_enough(all->ledger, all->domain))
			return;
		all->before =
			i == 3 ? UINT64_MAX : all->newest - ((all->newest - all->oldest) >> i);
		domain__each_ref(all->domain, forget, all);
	}
}

void ledger__limit_history(struct ledger *ledger, struct domain *domain, u64 now)
{
	const u64 most = ledger->policy->history_bytes;
	struct forgetting all = {.ledger = ledger, .domain = domain, .since = UINT64_MAX};

	if (domain->nr_gens * GEN_BYTES <= max(most, domain->history_kept + most / 4))
		return;
	mark_all_waiting(ledger, domain, true);
	forget_oldest(&all);
	if (!is_enough(ledger, domain)) {
		all.live = true;
		forget_oldest(&all);
	}
	mark_all_waiting(ledger, domain, false);
	free_empty_chunks(domain);
	/* Another walk is due only after as much again: what is left may be unable to go. */
	domain->history_kept = domain->nr_gens * GEN_BYTES;
	domain->forgotten += all.nr;
	/* A live ref's next calls have no grant on record, whenever they come. */
	feed__forget(domain->feed, all.since, all.forgot_live ? UINT64_MAX : now, all.nr);
}
