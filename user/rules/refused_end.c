// SPDX-License-Identifier: GPL-2.0
/*
 * An end that was refused. Behind a stale map it is that finding's outcome; while the rightful
 * backend maps and the frontend gives up it is revoke-blocked; with persistent grants or a deferral
 * it is business as usual.
 */
#include "rules/blocker.h"
#include "rules/outcome.h"

/*
 * Whether @map, which Xen refused, may have been in the way of @end. While Xen tries a map it marks
 * the entry. And in a PV domain gntdev makes two mappings of a page, one after the other; the
 * kernel's own, of which no probe tells, may have come when the ref was granted again, and stays
 * until the process gives up.
 */
static bool may_block(struct ledger *ledger, const struct gen_event *end, const struct map *map)
{
	u32 granter = end->granter->index;

	if (!map->status || map->kind != KIND_GNTDEV ||
	    ledger__before(ledger, granter, &end->at, map->mapper, &map->at) ||
	    ledger__before(ledger, map->mapper, &map->at, granter, &end->gen->grant))
		return false;
	return domain__says_pv(ledger->domains[map->mapper]) ||
	       !ledger__before(ledger, map->mapper, &map->at, granter, &end->at);
}

/* Nobody is known to have the ref mapped, and its end was refused. Whether a map was to blame. */
static bool blame_attempt(struct rules *rules, struct ledger *ledger, const struct gen_event *end,
			  const struct party *by)
{
	struct ref *state = domain__ref(end->granter, end->ref);
	struct finding *finding;
	struct map *map;
	u32 nr;

	for (nr = state->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if (!may_block(ledger, end, map))
			continue;
		/* Judged now, as it may end after this. */
		stale_map_refused__judge(rules, ledger, nr);
		if (!map->finding)
			continue;
		finding = rules->findings.item[map->finding - 1];
		if (!finding->revoke_refused)
			finding__evidence(
				finding, "circumstance",
				"no recorded mapper had ref %u mapped at its refused end; this map was "
				"attempted after the grant",
				end->ref);
		outcome__refused(finding, end, by);
		return true;
	}
	return false;
}

/*
 * The record contradicts the refusal: the generation was granted while both domains were recorded,
 * so the map in the way was made since. Counted once for each generation, however often it is
 * tried.
 */
static void count_unexplained(struct rules *rules, struct ledger *ledger,
			      const struct gen_event *end)
{
	u32 index = ledger->by_domid[end->gen->peer];

	if (end->gen->flags & (GEN_ADOPTED | GEN_RESET | GEN_UNEXPLAINED) || !index ||
	    !ledger->domains[index - 1]->feed)
		return;
	end->gen->flags |= GEN_UNEXPLAINED;
	rules->counters.unexplained_ends++;
}

/* A frontend could not take its page back: who has it is stale, the console's, or its backend. */
static void blame_holder(struct rules *rules, struct ledger *ledger, const struct gen_event *end,
			 const struct party *by, struct map *map)
{
	struct finding *other = freed_while_mapped__judge_console_end(rules, ledger, end, map);
	const struct finding *blocked;

	if (!other)
		other = stale_map__judge_holder(rules, ledger, end, map);
	if (other) {
		outcome__refused(other, end, by);
		return;
	}
	blocked = revoke_blocked__judge(rules, ledger, end, map);
	if (blocked && by->kind == KIND_BLKFRONT && map->kind == KIND_BLKBACK)
		persistent_mismatch__judge(rules, ledger, blocked, end, map);
}

/* Only callers that look at the result give anything up, and they do so once. */
static bool gives_up(const struct gen_event *end)
{
	enum via via = domain__via(end->granter, end->stack);

	return via != VIA_DEFER && via != VIA_RETRY &&
	       kind__gives_up(domain__kind(end->granter, end->stack));
}

/*
 * Whether who ended access, and could not while it was mapped, may have given up: the stack of the
 * end is not on record, or in no table. The owner's own subsystem tells as well. Counted once for
 * each generation.
 */
static void count_unknown(struct rules *rules, const struct gen_event *end)
{
	enum kind by = domain__kind(end->granter, end->stack);
	enum kind owner = gen__owner(end->granter, end->ref, end->gen);
	enum via via = domain__via(end->granter, end->stack);

	if (by != KIND_UNKNOWN || via == VIA_DEFER || via == VIA_RETRY ||
	    (owner != KIND_UNKNOWN && !kind__gives_up(owner)) ||
	    end->gen->flags & (GEN_RESET | GEN_UNEXPLAINED))
		return;
	end->gen->flags |= GEN_UNEXPLAINED;
	rules->counters.unknown_ends++;
}

/* What is queued for a retry is judged in the order in which it comes. */
bool rules__end_waits(const struct ledger *ledger, const struct gen_event *end)
{
	return gives_up(end) && blocker__is_open(ledger, end);
}

void rules__end_refused(struct rules *rules, struct ledger *ledger, const struct gen_event *end)
{
	struct map *map = blocker__find(ledger, end->granter, end->ref, &end->at);
	enum via via = domain__via(end->granter, end->stack);
	struct party by;

	party__fill(&by, end->granter, end->stack, end->task);
	if (map && map->finding && map->flags & MAP_STALE) {
		outcome__refused(rules->findings.item[map->finding - 1], end, &by);
		return;
	}
	if (!map && !blame_attempt(rules, ledger, end, &by))
		count_unexplained(rules, ledger, end);
	if (via == VIA_DEFER)
		deferral__judge(rules, ledger, end, map);
	if (gives_up(end) && map)
		blame_holder(rules, ledger, end, &by, map);
	else if (map)
		count_unknown(rules, end);
}
