// SPDX-License-Identifier: GPL-2.0
/*
 * Table reads that found another entry or other marks than the read before. Maps since the last
 * read may be stale, and the record of a recorded granter must agree.
 */
#include <inttypes.h>
#include <stdio.h>

#include "rules/blind.h"
#include "rules/candidates.h"
#include "rules/table_evidence.h"
#include "xen/table.h"

/*
 * Whether the read after @before may show something about @map which its verdict did not use: this
 * read, the last time at which @before was found, or that the table holds machine frames.
 */
static bool is_news(const struct ledger *ledger, const struct map *map,
		    const struct table_read *before)
{
	return ledger->domains[map->granter]->frames_since >= span__system(&before->first) ||
	       max(map__surely_until(ledger, map), map__not_before(ledger, map)) >= before->last;
}

/*
 * Judges maps again that settled before this read. A busy ref has many maps and as many reads, so
 * maps that ended before the previous read are left out.
 */
static void judge_maps(struct rules *rules, struct ledger *ledger, const struct ref *state,
		       const struct table_read *read)
{
	const struct table_read *before = table_read__at(ledger, read->older);
	struct candidates candidates;
	struct change change;
	struct arm *arm;
	struct map *map;
	u32 nr;

	for (nr = state->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if (map->status || map->kind != KIND_GNTDEV ||
		    map->flags & (MAP_PENDING | MAP_STALE))
			continue;
		if (before && !is_news(ledger, map, before))
			continue;
		table_evidence__learn(ledger, map);
		/*
		 * The map's first verdict had more of its history. Only new evidence by this read
		 * is a reason to judge it again.
		 */
		arm = ledger__arm_of(ledger, map);
		if (!arm ||
		    !table_evidence__find(ledger, map, call__at(ledger, arm->call), &change))
			continue;
		candidates__find(rules, ledger, map, &candidates);
		stale_map__judge(rules, ledger, nr, &candidates, true);
	}
}

/* --- the granter's own record --- */

enum opinion { OPINION_NONE, OPINION_SAME, OPINION_OTHER };

/*
 * What the granter's generations say about the entry at that time, within the clock error bounds.
 */
static enum opinion granters_opinion(struct ledger *ledger, struct domain *granter,
				     const struct ref *state, const struct table_read *read)
{
	bool live = (read->flags & ENTRY_TYPE_MASK) == ENTRY_PERMIT, free = true;
	const struct gen *gen;

	for (gen = gen__at(ledger, state->gen); gen; gen = gen__at(ledger, gen->older)) {
		bool ended = gen__ended_well(gen);

		if (!gen__is_known(gen) || gen->flags & (GEN_RESET | GEN_IMPLICIT_END))
			return OPINION_NONE;
		if (ledger__before(ledger, read->reader, &read->first, granter->index,
				   &gen->grant) ||
		    (ended && ledger__before(ledger, granter->index, gen__end(ledger, gen),
					     read->reader, &read->first)))
			continue;
		if (live && gen->peer == read->peer && gen->frame == read->frame)
			return OPINION_SAME;
		/* Before the baseline the entry is unknown. */
		if (gen->baseline && !ledger__before(ledger, granter->index, &gen->grant,
						     read->reader, &read->first))
			return OPINION_NONE;
		if (ledger__before(ledger, granter->index, &gen->grant, read->reader,
				   &read->first) &&
		    (!ended || ledger__before(ledger, read->reader, &read->first, granter->index,
					      gen__end(ledger, gen))))
			free = false;
	}
	/* The entry may have been granted before recording. */
	if (live)
		return state->gen ? OPINION_OTHER : OPINION_NONE;
	return free ? OPINION_SAME : OPINION_OTHER;
}

/*
 * Whether an unrecorded generation may explain the entry: granted before recording, or events were
 * lost.
 */
static bool may_be_unseen(struct ledger *ledger, struct domain *granter, const struct ref *state,
			  const struct table_read *read)
{
	const struct gen *gen = gen__at(ledger, state->gen), *oldest = gen;
	struct span from;

	for (; gen; gen = gen__at(ledger, gen->older))
		oldest = gen;
	if (!oldest ||
	    !ledger__before(ledger, granter->index, &oldest->grant, read->reader, &read->first))
		return true;
	from = gen__live_from(oldest);
	return blind__between(ledger, NULL, granter, ledger->domains[read->reader], &from,
			      REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE) | REC_BIT(REC_RESET), &from,
			      &read->first, "");
}

static void confirm(struct rules *rules, struct ledger *ledger, struct domain *granter, u32 ref,
		    const struct ref *state, const struct table_read *read)
{
	enum opinion opinion = granters_opinion(ledger, granter, state, read);

	if (opinion == OPINION_SAME)
		rules->counters.agreed++;
	if (opinion != OPINION_OTHER || may_be_unseen(ledger, granter, state, read) ||
	    !blind__clocks_hold(NULL, granter, ledger->domains[read->reader]))
		return;
	if (!rules->counters.disagreed++)
		snprintf(rules->counters.disagreement, sizeof(rules->counters.disagreement),
			 "%.6f s, d%u's ref %u: flags 0x%x, d%u, frame 0x%" PRIx64 " in the table",
			 (double)span__system(&read->first) / 1e9, granter->domid, ref, read->flags,
			 read->peer, read->frame);
}

void rules__table_read(struct rules *rules, struct ledger *ledger, const struct table_event *event)
{
	const struct ref *state = domain__ref(event->granter, event->ref);

	if (!state)
		return;
	if (!event->again)
		lingering_map__judge_table(rules, ledger, event);
	freed_while_mapped__judge_table(rules, ledger, event);
	/* The rest concerns a read that found another entry. */
	if (event->again || event->read->first.out != event->at.out)
		return;
	judge_maps(rules, ledger, state, event->read);
	if (event->granter->feed)
		confirm(rules, ledger, event->granter, event->ref, state, event->read);
	else
		near_miss__judge_table(rules, ledger, event->granter, state, event->read);
}
