// SPDX-License-Identifier: GPL-2.0
/*
 * A look into a grant table found another entry than the look before: maps that came in between may
 * be stale, whoever was told of the ref and has not mapped it yet came too late, and a granter that
 * is recorded itself must agree.
 */
#include <inttypes.h>
#include <stdio.h>

#include "rules/seen.h"
#include "tables/table.h"

/* Maps that were settled before this look could tell. */
static void judge_maps(struct rules *rules, struct ledger *ledger, const struct ref *state)
{
	struct landing landing;
	struct change change;
	struct arm *arm;
	struct map *map;
	u32 nr;

	for (nr = state->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if (map->status || map->kind != KIND_GNTDEV ||
		    map->flags & (MAP_PENDING | MAP_STALE))
			continue;
		seen__learn(ledger, map);
		/*
		 * Judged already, when more was known of it: only what this look tells anew is a
		 * reason to do it again.
		 */
		arm = ledger__arm_of(ledger, map);
		if (!arm || !seen__changed(ledger, map, call__at(ledger, arm->call), &change))
			continue;
		rules__landing(rules, ledger, map, &landing);
		rules__stale_map(rules, ledger, nr, &landing);
	}
}

/* --- told, and gone before it was mapped --- */

static bool was_mapped_by(struct ledger *ledger, const struct ref *state, const struct arm *arm)
{
	const struct map *map;
	u32 nr;

	for (nr = state->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if (!map->status && map->call == arm->call)
			return true;
	}
	return false;
}

static void fill_miss(struct ledger *ledger, struct finding *finding, struct domain *granter,
		      const struct arm *arm, const struct sighting *seen)
{
	const struct call *call = call__at(ledger, arm->call);
	struct domain *mapper = ledger->domains[call->mapper];
	const struct feed_task *task = feed__task(mapper->feed, call->task);
	bool offered =
		(seen->flags & ENTRY_TYPE_MASK) == ENTRY_PERMIT && seen->peer == mapper->domid;

	finding->granter = granter->domid;
	finding->mapper = mapper->domid;
	finding->ref = arm->ref;
	finding->when = span__system(&seen->first);
	finding->when_err = span__err(&seen->first);
	finding->map_by.known = true;
	finding->map_by.domid = mapper->domid;
	finding->map_by.kind = KIND_GNTDEV;
	finding->map_by.pid = task->pid;
	finding->map_by.tid = task->tid;
	snprintf(finding->map_by.comm, sizeof(finding->map_by.comm), "%s", task->comm);
	finding__evidence(
		finding, "table",
		"told of the ref at %.6f s; at %.6f s its entry in d%u's table was %s, and no map was seen",
		(double)span__system(&call->at) / 1e9, (double)span__system(&seen->first) / 1e9,
		granter->domid, offered ? "another one" : "not granted to the mapper any more");
	rules__history(ledger, finding, granter, arm->ref, 0);
}

/*
 * Surely another entry than the one that the arm is about: that one is over, and nobody mapped it.
 */
static void miss(struct rules *rules, struct ledger *ledger, struct domain *granter,
		 struct arm *arm, const struct sighting *seen)
{
	const struct call *call = call__at(ledger, arm->call);
	struct domain *mapper = ledger->domains[call->mapper];
	u64 key[3] = {(u64)granter->domid << 32 | (u64)mapper->domid << 16, KIND_UNKNOWN,
		      feed__task(mapper->feed, call->task)->pid};
	struct finding *finding;
	bool fresh;

	/* The evidence is that no map came. Where maps were lost there is none. */
	if (rules__blind(ledger, NULL, mapper,
			 REC_BIT(REC_MAP) | REC_BIT(REC_ARM) | REC_BIT(REC_DISARM), call->at.out,
			 seen->first.out, ""))
		return;
	finding = findings__get(&rules->findings, CLASS_NEAR_MISS, key, &fresh);
	if (!finding)
		return;
	if (fresh)
		fill_miss(ledger, finding, granter, arm, seen);
	finding__count(finding, CERTAINTY_PROVEN, arm->ref, &seen->first, fresh);
	arm->finding = (u16)finding->id;
}

static void judge_arms(struct rules *rules, struct ledger *ledger, struct domain *granter,
		       const struct ref *state, const struct sighting *seen)
{
	const struct sighting *before = sighting__at(ledger, seen->older);
	struct arm *arm;
	u32 nr;

	for (nr = state->arms; nr; nr = arm->next) {
		const struct call *call;
		bool offered;

		arm = arm__at(ledger, nr);
		call = call__at(ledger, arm->call);
		if (arm->finding || call->mapper != seen->reader ||
		    span__in(&seen->first) < call->at.out ||
		    (call->closed && call->closed <= seen->first.out) ||
		    was_mapped_by(ledger, state, arm))
			continue;
		offered = (seen->flags & ENTRY_TYPE_MASK) == ENTRY_PERMIT &&
			  seen->peer == ledger->domains[call->mapper]->domid;
		/*
		 * What was there before was still there after the arm, or there is nothing to map.
		 */
		if (!offered || (before && before->last >= call->at.out))
			miss(rules, ledger, granter, arm, seen);
	}
}

/* --- the granter's own word --- */

enum opinion { OPINION_NONE, OPINION_SAME, OPINION_OTHER };

/*
 * What the granter's generations say of the entry at that moment, as far as the clocks let one
 * tell.
 */
static enum opinion ask_books(struct ledger *ledger, struct domain *granter,
			      const struct ref *state, const struct sighting *seen)
{
	bool live = (seen->flags & ENTRY_TYPE_MASK) == ENTRY_PERMIT, free = true;
	const struct gen *gen;

	for (gen = gen__at(ledger, state->gen); gen; gen = gen__at(ledger, gen->older)) {
		bool ended = gen__ended_well(gen);

		if (gen->flags & (GEN_ADOPTED | GEN_RESET | GEN_IMPLICIT_END))
			return OPINION_NONE;
		if (ledger__before(ledger, seen->reader, &seen->first, granter->index,
				   &gen->grant) ||
		    (ended && ledger__before(ledger, granter->index, gen__end(ledger, gen),
					     seen->reader, &seen->first)))
			continue;
		if (live && gen->peer == seen->peer && gen->frame == seen->frame)
			return OPINION_SAME;
		if (ledger__before(ledger, granter->index, &gen->grant, seen->reader,
				   &seen->first) &&
		    (!ended || ledger__before(ledger, seen->reader, &seen->first, granter->index,
					      gen__end(ledger, gen))))
			free = false;
	}
	/* Older than the books: granted before the recording began. */
	if (live)
		return state->gen ? OPINION_OTHER : OPINION_NONE;
	return free ? OPINION_SAME : OPINION_OTHER;
}

/*
 * Whether a life that nobody saw could explain it: granted before the recording began, or events
 * were lost.
 */
static bool may_be_unseen(struct ledger *ledger, struct domain *granter, const struct ref *state,
			  const struct sighting *seen)
{
	const struct gen *gen = gen__at(ledger, state->gen), *oldest = gen;

	for (; gen; gen = gen__at(ledger, gen->older))
		oldest = gen;
	if (!oldest ||
	    !ledger__before(ledger, granter->index, &oldest->grant, seen->reader, &seen->first))
		return true;
	return rules__blind_between(ledger, NULL, granter, ledger->domains[seen->reader],
				    &oldest->grant,
				    REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE) | REC_BIT(REC_RESET),
				    &oldest->grant, &seen->first, "");
}

static void confirm(struct rules *rules, struct ledger *ledger, struct domain *granter, u32 ref,
		    const struct ref *state, const struct sighting *seen)
{
	enum opinion opinion = ask_books(ledger, granter, state, seen);

	if (opinion == OPINION_SAME)
		rules->agreed++;
	if (opinion != OPINION_OTHER || may_be_unseen(ledger, granter, state, seen) ||
	    !rules__clocks_hold(NULL, granter, ledger->domains[seen->reader]))
		return;
	if (!rules->disagreed++)
		snprintf(rules->disagreement, sizeof(rules->disagreement),
			 "%.6f s, d%u's ref %u: flags 0x%x, d%u, frame 0x%" PRIx64 " in the table",
			 (double)span__system(&seen->first) / 1e9, granter->domid, ref, seen->flags,
			 seen->peer, seen->frame);
}

void rules__sighted(struct rules *rules, struct ledger *ledger, const struct look *look)
{
	const struct ref *state = domain__ref(look->granter, look->ref);

	if (!state)
		return;
	rules__marks(rules, ledger, look);
	/* The rest is about what became another entry. */
	if (look->again || look->seen->first.out != look->at.out)
		return;
	judge_maps(rules, ledger, state);
	if (look->granter->feed)
		confirm(rules, ledger, look->granter, look->ref, state, look->seen);
	else
		judge_arms(rules, ledger, look->granter, state, look->seen);
}
