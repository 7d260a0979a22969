// SPDX-License-Identifier: GPL-2.0
/*
 * lingering-map: access ended, and the page stays mapped. Either Xen refuses each retry of the end
 * for longer than the limit; or Xen keeps the entry marked long after the mapper unmapped it. The
 * mapper's domain alone reports the second: it reads the entry and records its own maps.
 */
#include "rules/blind.h"
#include "rules/blocker.h"
#include "rules/history.h"
#include "xen/table.h"

struct lingering {
	struct judging judging;
	const struct gen_event *retry;
};

/* --- retries refused --- */

static void fill(struct judging *judging, struct finding *finding)
{
	static const struct span zero;
	const struct gen_event *retry = container_of(judging, struct lingering, judging)->retry;

	party__fill_owner(&finding->owner, judging->ledger, judging->granter, judging->gen);
	finding__evidence(finding, "refusal",
			  "the end was first refused at %.6f s and still refused %.1f s later "
			  "(reported by d%u)",
			  (double)span__translate(&retry->at, retry->since, &zero) / 1e9,
			  (double)(retry->at.out - retry->since) / 1e9, retry->granter->domid);
	history__add_steps(judging->ledger, finding, retry->granter, retry->ref, 0);
	finding->killed = retry->gen->flags & GEN_EXITING;
	finding__outcome(finding, OUTCOME_DEFERRED, "the kernel retries");
}

static enum certainty weigh(struct judging *judging, struct finding *finding)
{
	const struct gen_event *retry = container_of(judging, struct lingering, judging)->retry;

	return blind__within(judging->ledger, finding, retry->granter,
			     REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE), retry->since, retry->at.out,
			     "the ref may have been freed meanwhile")
		       ? CERTAINTY_LIKELY
		       : CERTAINTY_PROVEN;
}

/* Xen refuses one end for longer than the limit. Both times are on one clock. */
void lingering_map__judge_retry(struct rules *rules, struct ledger *ledger,
				const struct gen_event *retry)
{
	struct lingering lingering = {.retry = retry};
	struct finding_key key;
	struct map *map;

	if (retry->gen->flags & GEN_LINGERS ||
	    span__in(&retry->at) < retry->since + ledger->policy->linger_ns)
		return;
	retry->gen->flags |= GEN_LINGERS;
	map = blocker__find(ledger, retry->granter, retry->ref, &retry->at);
	lingering.judging = judging__of_event(rules, ledger, retry, map);
	/* One cause: grants of one owner that one process keeps. */
	key = (struct finding_key){
		.granter = retry->granter->domid,
		.mapper = retry->gen->peer,
		.owner = gen__owner_or_ender(retry->granter, retry->ref, retry->gen),
		.task = map ? map__task(ledger, map)->pid : 0,
	};
	judging__report(&lingering.judging, CLASS_LINGERING_MAP, &key, fill, weigh);
}

/* --- still marked --- */

#define LONG_AFTER (5 * NSEC_PER_SEC)

struct marked {
	struct judging judging;
	u64 closed; /* end of the last map, ns of the reader's CLOCK_MONOTONIC */
};

/*
 * Returns the last map of the ref by @reader. NULL if a map is open, none is known, or the end of
 * one is unknown.
 */
static const struct map *last_closed(struct ledger *ledger, const struct ref *state, u32 reader,
				     u64 *closed)
{
	const struct map *map, *last = NULL;
	u32 nr;

	for (nr = state->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if (map->status || map->mapper != reader)
			continue;
		if (map->flags & (MAP_OPEN | MAP_CLOSED_UNSEEN | MAP_PENDING) || !map->end)
			return NULL;
		if (!last || ending__at(ledger, map->end)->at.out > *closed) {
			*closed = ending__at(ledger, map->end)->at.out;
			last = map;
		}
	}
	return last;
}

static void fill_marked(struct judging *judging, struct finding *finding)
{
	const struct marked *marked = container_of(judging, struct marked, judging);

	finding__evidence(
		finding, "table",
		"the entry is still marked as mapped %.1f s after the last recorded unmap: "
		"there is another map, from before the recording or unrecorded",
		(double)(span__in(judging->at) - marked->closed) / 1e9);
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref, 0);
}

void lingering_map__judge_table(struct rules *rules, struct ledger *ledger,
				const struct table_event *event)
{
	const struct ref *state = domain__ref(event->granter, event->ref);
	const struct domain *reader = ledger->domains[event->read->reader];
	struct marked marked = {.closed = 0};
	const struct map *map = last_closed(ledger, state, reader->index, &marked.closed);
	struct finding_key key;

	/* An unrecorded map explains the mark better than an act of the guest. */
	if (!map || !(event->flags & ENTRY_MARKS) ||
	    span__in(&event->at) < marked.closed + LONG_AFTER ||
	    event->read->peer != reader->domid ||
	    blind__within(ledger, NULL, reader, REC_BIT(REC_MAP) | REC_BIT(REC_RING), marked.closed,
			  event->at.out, ""))
		return;
	marked.judging = judging__of_table(rules, ledger, event, map);
	key = judging__key(&marked.judging);
	key.map_kind = map->kind;
	key.other = KEY_TABLE;
	judging__report(&marked.judging, CLASS_LINGERING_MAP, &key, fill_marked, judging__likely);
}
