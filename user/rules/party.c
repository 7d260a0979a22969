// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>

#include "rules/party.h"

void party__fill_task(struct party *party, const struct feed *feed, u32 task)
{
	const struct feed_task *t = feed__task(feed, task);
	const char *process = feed__process(feed, t);
	const char *comm = process[0] ? process : t->comm;

	snprintf(party->comm, sizeof(party->comm), "%s", comm);
	snprintf(party->thread, sizeof(party->thread), "%s", strcmp(comm, t->comm) ? t->comm : "");
	party->pid = t->pid;
	party->tid = t->tid;
}

void party__fill(struct party *party, struct domain *domain, u32 stack, u32 task)
{
	const char *frames;

	memset(party, 0, sizeof(*party));
	party->known = true;
	party->domid = domain->domid;
	party->kind = domain__kind(domain, stack);
	if (!domain->feed)
		return;
	frames = feed__stack(domain->feed, stack);
	kind__from_stack(frames, party->func, sizeof(party->func));
	snprintf(party->stack, sizeof(party->stack), "%s", frames);
	if (party->kind == KIND_UNKNOWN || kind__has_task(party->kind))
		party__fill_task(party, domain->feed, task);
}

void party__fill_owner(struct party *party, const struct ledger *ledger, struct domain *granter,
		       const struct gen *gen)
{
	const struct ending *end = ending__at(ledger, gen->end);
	bool by_end = gen->flags & GEN_ADOPTED && !gen->stack && end &&
		      domain__kind(granter, end->stack) != KIND_UNKNOWN;

	if (by_end)
		party__fill(party, granter, end->stack, end->task);
	else
		party__fill(party, granter, gen->stack, gen->task);
}

void party__fill_mapper(struct party *party, const struct ledger *ledger, const struct map *map)
{
	party__fill(party, ledger->domains[map->mapper], map->stack, map->task);
	party->kind = map->kind;
}
