// SPDX-License-Identifier: GPL-2.0
/*
 * What a refused end leads to. Deferral is business as usual; lingering-map is one that lasts,
 * deferral-backlog many that pile up, persistent-mismatch a backend that keeps what the frontend
 * wants back.
 */
#include <stdio.h>

#include "rules/rules.h"

/* deferral-backlog: above the limit for so long. */
#define BACKLOG_TIME (10 * NSEC_PER_SEC)

static void fill_common(struct ledger *ledger, struct finding *finding, const struct happening *end,
			const struct map *map)
{
	finding->granter = end->granter->domid;
	finding->mapper = end->gen->peer;
	finding->ref = end->ref;
	finding->generation = end->gen->number;
	finding->told_generation = end->gen->number;
	finding->when = span__system(&end->at);
	finding->when_err = span__err(&end->at);
	party__fill(&finding->owner, end->granter, end->gen->stack, end->gen->task);
	if (map) {
		party__fill(&finding->map_by, ledger->domains[map->mapper], map->stack, map->task);
		finding->mapper = ledger->domains[map->mapper]->domid;
	}
	rules__history(ledger, finding, end->granter, end->ref, 0);
}

/*
 * One cause: the same subsystem's grants to the same domain. Who kept them may differ from ref to
 * ref.
 */
static void deferral_key(const struct happening *end, u64 key[3])
{
	key[0] = (u64)end->granter->domid << 32 | (u64)end->gen->peer << 16;
	key[1] = gen__owner(end->granter, end->ref, end->gen);
	key[2] = 0;
}

static void deferral_outcome(struct finding *finding)
{
	if (finding->resolved == finding->count)
		finding__outcome(finding, OUTCOME_UNMAPPED,
				 "all freed, the last %.3f s after its end",
				 (double)finding->longest / 1e9);
	else
		finding__outcome(finding, OUTCOME_DEFERRED,
				 "%llu of %llu freed, the kernel goes on trying",
				 (unsigned long long)finding->resolved,
				 (unsigned long long)finding->count);
}

/* Business as usual, but whoever looks for a slow mapper wants to know. */
void rules__deferred(struct rules *rules, struct ledger *ledger, const struct happening *end,
		     const struct map *map)
{
	struct finding *finding;
	bool fresh;
	u64 key[3];

	deferral_key(end, key);
	finding = findings__get(&rules->findings, CLASS_DEFERRAL, key, &fresh);
	if (!finding)
		return;
	if (fresh) {
		finding__evidence(
			finding, "refusal",
			"the end of ref %u was refused at %.6f s: Xen's entry still says mapped "
			"(d%u's word)",
			end->ref, (double)span__system(&end->at) / 1e9, end->granter->domid);
		fill_common(ledger, finding, end, map);
		finding->killed = end->gen->flags & GEN_EXITING;
	}
	finding__count(finding, CERTAINTY_PROVEN, end->ref, &end->at, fresh);
	deferral_outcome(finding);
}

/* Who let go last before @end, as evidence: without that it could not have succeeded. */
static void say_who_unmapped(struct ledger *ledger, struct finding *finding,
			     const struct happening *end)
{
	const struct ending *last = NULL, *ending;
	const struct map *map, *by = NULL;
	struct party party;
	char name[96];
	u32 nr;

	for (nr = domain__ref(end->granter, end->ref)->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		ending = ending__at(ledger, map->end);
		if (map->status || !ending || map->flags & MAP_CLOSED_UNSEEN ||
		    (last && span__system(&ending->at) <= span__system(&last->at)))
			continue;
		last = ending;
		by = map;
	}
	if (!by)
		return;
	party__fill(&party, ledger->domains[by->mapper], by->stack, by->task);
	finding__evidence(finding, "order",
			  "%s unmapped it %.3f s after the end was refused (d%u's word)",
			  party__name(&party, name, sizeof(name)),
			  ((double)span__system(&last->at) - (double)finding->when) / 1e9,
			  ledger->domains[by->mapper]->domid);
}

/* The kernel's retry succeeded. */
void rules__deferral_over(struct rules *rules, struct ledger *ledger, const struct happening *end)
{
	struct finding *finding;
	u64 key[3];

	deferral_key(end, key);
	finding = findings__find(&rules->findings, CLASS_DEFERRAL, key);
	if (!finding || finding->resolved == finding->count)
		return;
	if (end->ref == finding->ref && end->gen->number == finding->generation) {
		say_who_unmapped(ledger, finding, end);
		finding->nr_steps = 0;
		rules__history(ledger, finding, end->granter, end->ref, 0);
	}
	finding->resolved++;
	finding->longest = max(finding->longest, end->at.out - end->since);
	deferral_outcome(finding);
}

/* Xen refuses the same end for longer than the limit: both times are of one clock. */
void rules__retried(struct rules *rules, struct ledger *ledger, const struct happening *retry)
{
	static const struct span zero;
	const struct map *map;
	struct finding *finding;
	bool fresh, blind;
	u64 key[3];

	if (retry->gen->flags & GEN_LINGERS ||
	    span__in(&retry->at) < retry->since + rules->config.linger_ns)
		return;
	retry->gen->flags |= GEN_LINGERS;
	map = rules__blocker(ledger, retry->granter, retry->ref, &retry->at);
	key[0] = (u64)retry->granter->domid << 32 | (u64)retry->gen->peer << 16;
	key[1] = gen__owner(retry->granter, retry->ref, retry->gen);
	key[2] = map ? rules__task(ledger, map)->pid : 0;
	finding = findings__get(&rules->findings, CLASS_LINGERING_MAP, key, &fresh);
	if (!finding)
		return;
	if (fresh) {
		finding__evidence(
			finding, "refusal",
			"the end was refused first at %.6f s and still is %.1f s later (d%u's word)",
			(double)span__translate(&retry->at, retry->since, &zero) / 1e9,
			(double)(retry->at.out - retry->since) / 1e9, retry->granter->domid);
		fill_common(ledger, finding, retry, map);
		finding->killed = retry->gen->flags & GEN_EXITING;
		finding__outcome(finding, OUTCOME_DEFERRED, "the kernel goes on trying");
	}
	blind = rules__blind(ledger, finding, retry->granter,
			     REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE), retry->since, retry->at.out,
			     "the ref may have been freed meanwhile");
	finding__count(finding, blind ? CERTAINTY_LIKELY : CERTAINTY_PROVEN, retry->ref, &retry->at,
		       fresh);
}

void rules__backlog(struct rules *rules, struct ledger *ledger, const struct happening *end)
{
	u64 *since = &rules->backlog_since[end->granter->index];
	u64 key[3] = {(u64)end->granter->domid << 32, 0, 0};
	struct finding *finding;
	bool fresh;

	if (end->granter->deferred < rules->config.backlog) {
		*since = 0;
		return;
	}
	if (!*since)
		*since = max(end->at.out, (u64)1);
	if (end->at.out < *since + BACKLOG_TIME)
		return;
	finding = findings__get(&rules->findings, CLASS_DEFERRAL_BACKLOG, key, &fresh);
	if (!finding)
		return;
	if (fresh) {
		finding__evidence(
			finding, "circumstance",
			"%llu refs of d%u wait for a retry, for %.1f s more than %llu of them",
			(unsigned long long)end->granter->deferred, end->granter->domid,
			(double)(end->at.out - *since) / 1e9,
			(unsigned long long)rules->config.backlog);
		fill_common(ledger, finding, end, NULL);
		finding__outcome(finding, OUTCOME_DEFERRED,
				 "see /sys/module/grant_table/parameters/free_per_iteration");
		finding__count(finding, CERTAINTY_LIKELY, end->ref, &end->at, fresh);
	}
	finding->count = max(finding->count, end->granter->deferred);
}

void rules__persistent(struct rules *rules, struct ledger *ledger, const struct finding *blocked,
		       const struct happening *end, const struct map *map)
{
	u64 key[3] = {blocked->key[0], 0, 0};
	struct finding *finding;
	bool fresh;

	if (blocked->count < rules->config.persistent_refs || !(map->flags & MAP_OPEN))
		return;
	finding = findings__get(&rules->findings, CLASS_PERSISTENT_MISMATCH, key, &fresh);
	if (!finding)
		return;
	if (fresh) {
		finding__evidence(
			finding, "circumstance",
			"d%u says persistent grants are off, yet blkback in d%u keeps %llu of its "
			"refs mapped after their requests",
			end->granter->domid, ledger->domains[map->mapper]->domid,
			(unsigned long long)blocked->count);
		fill_common(ledger, finding, end, map);
	}
	finding__count(finding, CERTAINTY_LIKELY, end->ref, &end->at, fresh);
}
