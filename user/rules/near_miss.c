// SPDX-License-Identifier: GPL-2.0
/*
 * near-miss: told of a ref, and its life was over before anybody mapped it. The race without the
 * hit.
 */
#include <stdio.h>

#include "rules/rules.h"

/* Whether any map of the ref by @mapper may have used @gen. */
static bool was_mapped(struct ledger *ledger, const struct ref *ref, const struct gen *gen,
		       u8 granter, u8 mapper)
{
	const struct map *map;
	u32 nr;

	for (nr = ref->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if (map->status || map->mapper != mapper)
			continue;
		if (!ledger__before(ledger, mapper, &map->at, granter, &gen->grant) &&
		    !ledger__before(ledger, granter, gen__end(ledger, gen), mapper, &map->at))
			return true;
	}
	return false;
}

/* Whether the process had let go of the ref by itself before @gen ended, or may have. */
static bool let_go(const struct ledger *ledger, const struct call *call,
		   const struct domain *granter, const struct gen *gen)
{
	struct span closed = call->at;

	if (!call->closed)
		return false;
	closed.out = call->closed;
	closed.dt_lo = 0;
	closed.dt_hi = 0;
	return !ledger__before(ledger, granter->index, gen__end(ledger, gen), call->mapper,
			       &closed);
}

static void fill(struct ledger *ledger, struct finding *finding, struct domain *granter,
		 const struct arm *arm, const struct gen *gen, bool late)
{
	const struct call *call = call__at(ledger, arm->call);
	struct domain *mapper = ledger->domains[call->mapper];
	const struct feed_task *task = feed__task(mapper->feed, call->task);
	const struct span *end = gen__end(ledger, gen);

	finding->granter = granter->domid;
	finding->mapper = mapper->domid;
	finding->ref = arm->ref;
	finding->generation = gen->number;
	finding->told_generation = gen->number;
	finding->when = span__system(end);
	finding->when_err = span__err(end);
	finding->killed = gen->flags & GEN_EXITING;
	finding->map_by.known = true;
	finding->map_by.domid = mapper->domid;
	finding->map_by.kind = KIND_GNTDEV;
	finding->map_by.pid = task->pid;
	finding->map_by.tid = task->tid;
	snprintf(finding->map_by.comm, sizeof(finding->map_by.comm), "%s", task->comm);
	party__fill(&finding->previous_owner, granter, gen->stack, gen->task);
	finding__evidence(
		finding, "order",
		"generation %u ended at %.6f s ± %.3f ms without any map; the mapper was told "
		"of the ref at %.6f s ± %.3f ms%s",
		gen->number, (double)span__system(end) / 1e9, (double)span__err(end) / 1e6,
		(double)span__system(&call->at) / 1e9, (double)span__err(&call->at) / 1e6,
		late ? ", when it was gone already" : "");
	rules__whose_word(finding, mapper, granter);
	rules__history(ledger, finding, granter, arm->ref, 0);
}

/* What could excuse it: a map that was not seen, or for a late arm a grant that was not. */
static enum certainty weigh(struct ledger *ledger, struct finding *finding, struct domain *granter,
			    const struct call *call, const struct gen *gen, bool late)
{
	struct domain *mapper = ledger->domains[call->mapper];
	const struct span *end = gen__end(ledger, gen);
	bool sure;

	sure = !(gen->flags & (GEN_ADOPTED | GEN_TAINTED)) &&
	       ledger__before(ledger, granter->index, &gen->grant, call->mapper, &call->at) &&
	       (late || ledger__before(ledger, call->mapper, &call->at, granter->index, end));
	if (rules__blind_between(ledger, finding, mapper, granter, &call->at,
				 REC_BIT(REC_MAP) | REC_BIT(REC_DISARM),
				 gen->flags & GEN_ADOPTED ? end : &gen->grant,
				 late ? &call->at : end, "the ref may have been mapped unseen"))
		sure = false;
	if (rules__blind_between(ledger, finding, granter, mapper, end,
				 REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE),
				 gen->flags & GEN_ADOPTED ? end : &gen->grant,
				 late ? &call->at : end, "the ref may have been granted again"))
		sure = false;
	if (!rules__clocks_hold(finding, granter, mapper))
		sure = false;
	return sure ? CERTAINTY_PROVEN : CERTAINTY_LIKELY;
}

/* @gen ended without a map while @arm's process knew, or was about to be told of, the ref. */
static void near_miss(struct rules *rules, struct ledger *ledger, struct domain *granter,
		      struct arm *arm, struct gen *gen)
{
	const struct ref *ref = domain__ref(granter, arm->ref);
	const struct call *call = call__at(ledger, arm->call);
	struct domain *mapper = ledger->domains[call->mapper];
	struct finding *finding;
	bool late, fresh;
	u64 key[3];

	if (arm->finding || was_mapped(ledger, ref, gen, granter->index, call->mapper))
		return;
	late = ledger__before(ledger, granter->index, gen__end(ledger, gen), call->mapper,
			      &call->at);
	if (!late && let_go(ledger, call, granter, gen))
		return;
	key[0] = (u64)granter->domid << 32 | (u64)mapper->domid << 16;
	key[1] = gen__owner(granter, arm->ref, gen);
	key[2] = feed__task(mapper->feed, call->task)->pid;
	finding = findings__get(&rules->findings, CLASS_NEAR_MISS, key, &fresh);
	if (!finding)
		return;
	if (fresh)
		fill(ledger, finding, granter, arm, gen, late);
	finding__count(finding, weigh(ledger, finding, granter, call, gen, late), arm->ref,
		       gen__end(ledger, gen), fresh);
	arm->finding = (u16)finding->id;
}

/* An end that succeeded: was somebody told of the ref meanwhile who never mapped it? */
void rules__end_ok(struct rules *rules, struct ledger *ledger, const struct happening *end)
{
	struct ref *state = domain__ref(end->granter, end->ref);
	struct gen *gen = end->gen;
	struct arm *arm;
	u32 nr;

	for (nr = state->arms; nr; nr = arm->next) {
		const struct call *call;

		arm = arm__at(ledger, nr);
		call = call__at(ledger, arm->call);
		if (ledger->domains[call->mapper]->domid != gen->peer &&
		    !(gen->flags & GEN_ADOPTED))
			continue;
		/*
		 * Told before this life began, or maybe: not about this one. After it:
		 * rules__arm().
		 */
		if (gen->flags & GEN_ADOPTED
			    ? span__system(&call->at) > span__system(&end->at)
			    : !ledger__before(ledger, end->granter->index, &gen->grant,
					      call->mapper, &call->at))
			continue;
		if (ledger__before(ledger, end->granter->index, &end->at, call->mapper, &call->at))
			continue;
		near_miss(rules, ledger, end->granter, arm, gen);
	}
}

/* Told of a ref: is it gone already? */
void rules__arm(struct rules *rules, struct ledger *ledger, u32 nr)
{
	struct arm *arm = arm__at(ledger, nr);
	const struct call *call = call__at(ledger, arm->call);
	struct domain *granter = ledger->domains[arm->granter];
	struct gen *gen = gen__at(ledger, domain__ref(granter, arm->ref)->gen);

	/* Whatever was granted after the mapper was told does not count. */
	while (gen && !(gen->flags & GEN_ADOPTED) &&
	       ledger__before(ledger, call->mapper, &call->at, granter->index, &gen->grant))
		gen = gen__at(ledger, gen->older);
	if (!granter->feed || !gen || !gen__ended_well(gen) ||
	    (gen->peer != ledger->domains[call->mapper]->domid && !(gen->flags & GEN_ADOPTED)))
		return;
	if (ledger__before(ledger, granter->index, gen__end(ledger, gen), call->mapper, &call->at))
		near_miss(rules, ledger, granter, arm, gen);
}
