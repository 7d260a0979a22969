// SPDX-License-Identifier: GPL-2.0
/*
 * What Xen's marks in an entry and the mapper's own books say of each other: still marked long
 * after the mapper let go (lingering-map), or mapped and not what Xen marked any more
 * (freed-while-mapped). Either is the word of the mapper's domain, which read the entry and saw its
 * own maps; what could excuse it is a map or an unmap that was not seen.
 */
#include <stdio.h>

#include "rules/seen.h"
#include "tables/table.h"

#define MARKS	   (ENTRY_READING | ENTRY_WRITING)
#define LONG_AFTER (5 * NSEC_PER_SEC)

/*
 * Whether the mapper may have done one of @events unseen from @from to the look: that would explain
 * the mark, or that there is none, better than anything that a guest did.
 */
static bool may_be_unseen(struct ledger *ledger, const struct look *look, u32 events, u64 from)
{
	return rules__blind(ledger, NULL, ledger->domains[look->seen->reader], events, from,
			    look->at.out, "");
}

static struct finding *get(struct rules *rules, struct ledger *ledger, enum finding_class class,
			   const struct look *look, const struct map *map, bool *fresh)
{
	struct domain *granter = look->granter, *mapper = ledger->domains[map->mapper];
	u64 key[3] = {(u64)granter->domid << 32 | (u64)mapper->domid << 16 | map->kind, 1, 0};
	struct finding *finding = findings__get(&rules->findings, class, key, fresh);

	if (!finding || !*fresh)
		return finding;
	finding->granter = granter->domid;
	finding->mapper = mapper->domid;
	finding->ref = map->ref;
	finding->when = span__system(&look->at);
	finding->when_err = span__err(&look->at);
	party__fill(&finding->map_by, mapper, map->stack, map->task);
	return finding;
}

/*
 * The last map of the ref by @reader; NULL if one is open, or none is known, or how one ended is
 * not.
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

static void check_lingering(struct rules *rules, struct ledger *ledger, const struct look *look,
			    const struct ref *state)
{
	u64 closed = 0, at = span__in(&look->at);
	const struct map *map = last_closed(ledger, state, look->seen->reader, &closed);
	struct finding *finding;
	bool fresh;

	if (!map || !(look->flags & MARKS) || at < closed + LONG_AFTER ||
	    look->seen->peer != ledger->domains[look->seen->reader]->domid ||
	    may_be_unseen(ledger, look, REC_BIT(REC_MAP) | REC_BIT(REC_RING), closed))
		return;
	finding = get(rules, ledger, CLASS_LINGERING_MAP, look, map, &fresh);
	if (!finding)
		return;
	if (fresh) {
		finding__evidence(
			finding, "table",
			"Xen still has the entry marked as mapped %.1f s after the last map of it that was seen "
			"was undone: it is mapped through another handle, from before recording began or unseen",
			(double)(at - closed) / 1e9);
		rules__history(ledger, finding, look->granter, look->ref, 0);
	}
	finding__count(finding, CERTAINTY_LIKELY, look->ref, &look->at, fresh);
}

static void found_overwritten(struct rules *rules, struct ledger *ledger, const struct look *look,
			      u32 nr)
{
	const struct map *map = map__at(ledger, nr);
	struct finding *finding;
	bool fresh;

	finding = get(rules, ledger, CLASS_FREED_WHILE_MAPPED, look, map, &fresh);
	if (!finding)
		return;
	if (fresh) {
		finding__evidence(
			finding, "table",
			"while it was mapped the entry in d%u's table was %s: the granter wrote over what Xen had "
			"marked (its own word)",
			look->granter->domid,
			(look->flags & ENTRY_TYPE_MASK) == ENTRY_PERMIT ? "not marked as mapped"
									: "free");
		rules__history(ledger, finding, look->granter, look->ref, nr);
	}
	finding__count(finding, CERTAINTY_LIKELY, look->ref, &look->at, fresh);
}

/*
 * Mapped all the while, and the entry is free or not marked. An unmap that is under way takes marks
 * away before it is recorded, so this is asked again when such calls have returned.
 */
static void check_overwritten(struct rules *rules, struct ledger *ledger, const struct look *look,
			      const struct ref *state)
{
	const struct map *map;
	u32 nr;

	if (look->flags & (MARKS | ENTRY_NO_MARKS))
		return;
	for (nr = state->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if (map->status || map->mapper != look->seen->reader ||
		    map->flags & (MAP_PENDING | MAP_CLOSED_UNSEEN) ||
		    span__in(&look->at) < map__surely_from(ledger, map) ||
		    look->at.out > map__surely_until(ledger, map) ||
		    rules__blind(ledger, NULL, ledger->domains[map->mapper],
				 REC_BIT(REC_UNMAP) | REC_BIT(REC_RING_UNMAP), map->at.out,
				 look->at.out + LEDGER_CALL_NS * look->again, ""))
			continue;
		if (look->again)
			found_overwritten(rules, ledger, look, nr);
		else
			ledger__judge_again(ledger, look);
		return;
	}
}

void rules__marks(struct rules *rules, struct ledger *ledger, const struct look *look)
{
	const struct ref *state = domain__ref(look->granter, look->ref);

	if (!look->again)
		check_lingering(rules, ledger, look, state);
	check_overwritten(rules, ledger, look, state);
}
