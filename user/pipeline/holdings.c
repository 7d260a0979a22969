// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pipeline/holdings.h"
#include "rules/party.h"

struct holdings_sweep {
	struct holdings *holdings;
	struct ledger *ledger;
	struct domain *granter;
	s64 ref;
};

static struct holding *find(struct holdings *holdings, const struct holding *key)
{
	struct holding *holding;
	u32 i;

	/* The refs of one holder come in sequence, so the newest entry is the likeliest. */
	for (i = holdings->nr; i-- > 0;) {
		holding = &holdings->item[i];
		if (holding->granter == key->granter && holding->mapper == key->mapper &&
		    holding->kind == key->kind && holding->pid == key->pid)
			return holding;
	}
	if (holdings->nr == HOLDINGS_MAX)
		return NULL;
	holding = &holdings->item[holdings->nr++];
	*holding = *key;
	return holding;
}

/* Refs come in order. */
static void add_ref(struct holding *holding, u32 ref)
{
	u32 last = holding->nr_ranges - 1;

	if (holding->nr_ranges && holding->range[last].last == ref)
		return;
	holding->refs++;
	if (holding->nr_ranges && holding->range[last].last + 1 == ref && !holding->more) {
		holding->range[last].last = ref;
	} else if (holding->nr_ranges < HOLDING_RANGES) {
		holding->range[holding->nr_ranges].first = ref;
		holding->range[holding->nr_ranges++].last = ref;
	} else {
		holding->more++;
	}
}

static bool is_dropped(const struct ledger *ledger, const struct ref *state)
{
	const struct gen *gen = gen__at(ledger, state->gen);

	return gen && !(gen->flags & GEN_ADOPTED) &&
	       (gen->flags & (GEN_ENDED | GEN_DEFERRED) || gen->refusals);
}

static void add_map(struct holdings_sweep *sweep, u32 nr, const struct ref *state,
		    const struct map *map)
{
	struct domain *mapper = sweep->ledger->domains[map->mapper];
	const struct feed_task *task = mapper->feed ? feed__task(mapper->feed, map->task) : NULL;
	struct holding key = {
		.granter = sweep->granter->domid, .mapper = mapper->domid, .kind = map->kind};
	struct holding *holding;
	u64 last = mapper->feed ? mapper->feed->last_mono : 0;

	/* A kernel backend's task is unrelated. */
	if (task && kind__has_task(key.kind)) {
		key.pid = task->pid;
		snprintf(key.comm, sizeof(key.comm), "%s", feed__process(mapper->feed, task));
	}
	holding = find(sweep->holdings, &key);
	if (!holding) {
		sweep->holdings->left_out++;
		return;
	}
	add_ref(holding, nr);
	holding->since_ns = max(holding->since_ns, last > map->at.out ? last - map->at.out : 0);
	holding->dropped |= is_dropped(sweep->ledger, state);
}

static void sweep_ref(void *ctx, u32 nr, struct ref *ref)
{
	struct holdings_sweep *sweep = ctx;
	u32 m;

	if (sweep->ref >= 0 && sweep->ref != nr)
		return;
	for (m = ref->maps; m; m = map__at(sweep->ledger, m)->next)
		if (map__at(sweep->ledger, m)->flags & MAP_OPEN)
			add_map(sweep, nr, ref, map__at(sweep->ledger, m));
}

static int compare(const void *a, const void *b)
{
	const struct holding *x = a, *y = b;

	if (x->granter != y->granter)
		return x->granter < y->granter ? -1 : 1;
	if (x->mapper != y->mapper)
		return x->mapper < y->mapper ? -1 : 1;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

void holdings__collect(struct holdings *holdings, struct ledger *ledger, u16 granter, s64 ref)
{
	u32 i;

	holdings->nr = holdings->left_out = 0;
	for (i = 0; i < ledger->nr_domains; i++) {
		struct holdings_sweep sweep = {holdings, ledger, ledger->domains[i], ref};

		if (granter == DOMID_UNKNOWN || granter == sweep.granter->domid)
			domain__each_ref(sweep.granter, sweep_ref, &sweep);
	}
	qsort(holdings->item, holdings->nr, sizeof(holdings->item[0]), compare);
}

const char *holdings__of_ref(struct ledger *ledger, u16 granter, u32 ref, char *buf, size_t size)
{
	struct domain *domain = ledger__known(ledger, granter);
	const struct ref *state = domain ? domain__ref(domain, ref) : NULL;
	struct party party;
	char name[96];
	size_t len = 0;
	u32 nr;

	buf[0] = '\0';
	for (nr = state ? state->maps : 0; nr; nr = map__at(ledger, nr)->next) {
		const struct map *map = map__at(ledger, nr);

		if (!(map->flags & MAP_OPEN))
			continue;
		party__fill_mapper(&party, ledger, map);
		party__name(&party, name, sizeof(name));
		/* A process has a page mapped twice: for itself and for its kernel. */
		if (strstr(buf, name) || len + strlen(name) + 3 > size)
			continue;
		len += (size_t)snprintf(buf + len, size - len, "%s%s", len ? ", " : "", name);
	}
	return buf;
}
