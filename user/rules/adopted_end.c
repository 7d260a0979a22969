// SPDX-License-Identifier: GPL-2.0
/*
 * The end of a generation without a recorded grant shows its owner, the subsystem which ended it. A
 * backend driver that mapped or copied the ref before, and never serves this owner, was late.
 */
#include "rules/blind.h"
#include "rules/rules_internal.h"

/*
 * Whether @map is surely of the generation that ended: no generation in between may be unrecorded.
 */
static bool is_of_ended(const struct ledger *ledger, const struct gen_event *end,
			const struct map *map)
{
	const struct domain *granter = end->granter, *mapper = ledger->domains[map->mapper];
	const struct gen *older = gen__at(ledger, end->gen->older);

	return ledger__before(ledger, map->mapper, &map->at, map->granter, &end->at) &&
	       !(older && older->end &&
		 !ledger__before(ledger, map->granter, gen__end(ledger, older), map->mapper,
				 &map->at)) &&
	       !blind__between(ledger, NULL, granter, mapper, &end->at,
			       REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE) | REC_BIT(REC_RESET),
			       &map->at, &end->at, "");
}

/* Whether a driver in no table ended access. A retry shows nobody's stack. */
static bool is_by_unknown(const struct gen_event *end)
{
	return domain__kind(end->granter, end->stack) == KIND_UNKNOWN &&
	       domain__via(end->granter, end->stack) != VIA_RETRY &&
	       *feed__stack(end->granter->feed, end->stack);
}

/* Counts @map as one of an unknown owner, once. */
static void count_unknown(struct rules *rules, struct map *map)
{
	if (map->is_copy)
		rules->counters.copies_unknown += !map->undecided;
	else
		rules->counters.unknown_owners += !map->undecided;
	map->undecided = true;
}

/* All of the list @nr. */
static void judge_list(struct rules *rules, struct ledger *ledger, const struct gen_event *end,
		       u32 nr)
{
	struct map *map;

	for (; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if (map->status || !kind__is_backend(map->kind) ||
		    map->flags & (MAP_STALE | MAP_DISPUTED) || !is_of_ended(ledger, end, map))
			continue;
		if (is_by_unknown(end))
			count_unknown(rules, map);
		else
			stale_map__judge_holder(rules, ledger, end, map);
	}
}

void rules__end_tells_owner(struct rules *rules, struct ledger *ledger, const struct gen_event *end)
{
	if (!(end->gen->flags & GEN_ADOPTED) || end->gen->flags & GEN_RESET)
		return;
	judge_list(rules, ledger, end, domain__ref(end->granter, end->ref)->maps);
	judge_list(rules, ledger, end, domain__copies(end->granter, end->ref));
}
