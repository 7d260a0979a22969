// SPDX-License-Identifier: GPL-2.0
/*
 * Refused ends. Behind a stale map the end is that finding's outcome. If the rightful backend has
 * the map and the frontend gives up, it is revoke-blocked. With persistent grants or a deferral it
 * is routine.
 */
#include "rules/blocker.h"
#include "rules/outcome.h"
#include "rules/persistent.h"

/*
 * Whether @map, which Xen refused, may have made @end fail. Xen marks the entry while it tries a
 * map. And gntdev in a PV domain maps a page twice. The kernel's own, second map is not probed. It
 * may have succeeded because the ref had been granted again, and lasts until the process gives up.
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

/* No known map explains the refused end. Blames a refused map, if one fits. */
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
		/* Judged now, as the map may settle after this end. */
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

/* Callers that check the result give up once. Others give nothing up. */
static bool gives_up(const struct gen_event *end)
{
	enum via via = domain__via(end->granter, end->stack);

	return via != VIA_DEFER && via != VIA_RETRY &&
	       kind__gives_up(domain__kind(end->granter, end->stack));
}

/*
 * Whether a frontend may have given its page up, or a driver in no table. With persistent grants
 * blkfront does not, but the disk is unknown.
 */
static bool may_give_up(const struct gen_event *end)
{
	enum kind by = domain__kind(end->granter, end->stack);
	enum via via = domain__via(end->granter, end->stack);

	if (by == KIND_UNKNOWN)
		return via != VIA_DEFER && via != VIA_RETRY;
	return gives_up(end) &&
	       (by != KIND_BLKFRONT || !persistence__is_on(end->granter, &end->at));
}

/*
 * Whether a recorded generation had surely ended before @end. A successful end leaves no mark of a
 * map in the entry, so the refusal shows that the ref was granted again, without a record.
 */
static bool is_of_unseen_grant(const struct ledger *ledger, const struct gen_event *end)
{
	const struct gen *older = gen__at(ledger, end->gen->older);
	const u32 granter = end->granter->index;

	return older && gen__ended_well(older) && !(older->flags & GEN_GONE) &&
	       ledger__before(ledger, granter, gen__end(ledger, older), granter, &end->at);
}

/*
 * Whether the generation was granted while both domains were recorded, so a map is missing. Of an
 * older one the map may be older as well, but somebody could not take a page back.
 */
static bool is_unexplained(const struct ledger *ledger, const struct gen_event *end)
{
	const struct domain *peer = ledger__known(ledger, end->gen->peer);

	if (end->gen->flags & GEN_ADOPTED)
		return may_give_up(end) || is_of_unseen_grant(ledger, end);
	return peer && peer->feed;
}

/* Nothing on record explains the refusal. Counts each generation once. */
static void count_unexplained(struct rules *rules, struct ledger *ledger,
			      const struct gen_event *end)
{
	if (end->gen->flags & (GEN_RESET | GEN_UNEXPLAINED) || !is_unexplained(ledger, end))
		return;
	end->gen->flags |= GEN_UNEXPLAINED;
	rules->counters.unexplained_ends++;
}

/* A frontend could not take its page back: the holder is stale, the console's, or its backend. */
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

/*
 * Counts a refused end by an unknown subsystem, which may have given the page up: its stack is
 * unrecorded or in no table. If the owner is known and never gives up, neither did the ender.
 * Counts each generation once.
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

/* Queued ends are judged in their order. */
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
	/* What a subsystem ends that never owned it does not tell whose it is. */
	if (gives_up(end) && map && !foreign_ref_freed__applies(end))
		blame_holder(rules, ledger, end, &by, map);
	else if (map)
		count_unknown(rules, end);
}
