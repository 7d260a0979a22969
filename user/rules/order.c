// SPDX-License-Identifier: GPL-2.0
#include "rules/blind.h"
#include "rules/identity.h"
#include "rules/order.h"
#include "rules/owner.h"

void order__find_newer(struct ledger *ledger, const struct map *map, const struct call *call,
		       struct newer *newer)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	const struct gen *gen, *before;
	u32 steps = 4096;

	for (gen = gen__at(ledger, ref->gen); gen && steps--; gen = before) {
		before = gen__at(ledger, gen->older);
		if (gen->flags & GEN_ADOPTED ||
		    ledger__before(ledger, map->mapper, &map->at, map->granter, &gen->grant))
			continue;
		if (ledger__before(ledger, map->granter, &gen->grant, map->mapper, &call->at))
			return;
		/* Xen refuses a map of another domain's grant. */
		if (gen->peer != ledger->domains[map->mapper]->domid)
			continue;
		if (!ledger__before(ledger, map->mapper, &call->at, map->granter, &gen->grant) ||
		    !ledger__before(ledger, map->granter, &gen->grant, map->mapper, &map->at)) {
			/* An older, unrecorded grant is possible. */
			newer->undecided = true;
			continue;
		}
		newer->gen = gen;
		newer->sure |= before && gen__ended_well(before) && !(gen->flags & GEN_TAINTED);
	}
}

bool order__came_before(const struct ledger *ledger, const struct map *a, const struct map *b)
{
	const struct stamp *sa = stamp__at(ledger, a->stamp), *sb = stamp__at(ledger, b->stamp);

	return (sa && sb && sa->hi < sb->lo) ||
	       map__surely_from(ledger, a) < map__not_before(ledger, b);
}

const struct map *order__between(struct ledger *ledger, const struct map *map,
				 const struct call *call)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	const struct map *other, *found = NULL;
	u32 nr;

	if (ledger->domains[map->granter]->feed)
		return NULL;
	for (nr = ref->maps; nr; nr = other->next) {
		other = map__at(ledger, nr);
		if (other != map && !other->status && other->mapper == map->mapper &&
		    !owner__is_misnamed(ledger, other) && identity__conflict(ledger, map, other) &&
		    call->at.out < map__not_before(ledger, other) &&
		    order__came_before(ledger, other, map))
			found = other;
	}
	return found;
}

/* Whether the announcement has had a map of the ref before. */
static bool was_served(struct ledger *ledger, const struct map *map)
{
	const struct arm *arm = ledger__arm_of(ledger, map);
	const struct map *other;
	u32 nr;

	if (arm && arm->flags & ARM_MAPPED)
		return true;

	for (nr = domain__ref(ledger->domains[map->granter], map->ref)->maps; nr;
	     nr = other->next) {
		other = map__at(ledger, nr);
		if (other != map && !other->status && other->call == map->call &&
		    map__surely_from(ledger, other) <= map__not_before(ledger, map))
			return true;
	}
	return false;
}

bool order__is_spent(struct ledger *ledger, const struct map *map, const struct call *call)
{
	const struct domain *mapper = ledger->domains[map->mapper];
	u64 told = call->at.out, mapped = map->at.out;

	return blind__within(ledger, NULL, mapper, REC_BIT(REC_ARM) | REC_BIT(REC_DISARM), told,
			     mapped, "") &&
	       (was_served(ledger, map) ||
		(mapper->feed && feed__lost_of_type(mapper->feed, REC_BIT(REC_ARM), told, mapped) &&
		 feed__lost_of_type(mapper->feed, REC_BIT(REC_MAP), told, mapped)));
}

const struct gen *order__told(struct ledger *ledger, const struct map *map, const struct arm *arm,
			      const struct gen *landed)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	u16 mapper = ledger->domains[map->mapper]->domid;
	const struct call *call = arm ? call__at(ledger, arm->call) : NULL;
	const struct gen *gen, *any = NULL;

	for (gen = gen__at(ledger, ref->gen); gen; gen = gen__at(ledger, gen->older)) {
		if (gen == landed || (landed && gen->number >= landed->number) ||
		    (gen->peer != mapper && gen__is_known(gen)))
			continue;
		if (call && !(gen->flags & GEN_ADOPTED) &&
		    span__system(&gen->grant) > span__system(&call->at))
			continue;
		if (owner__serves(ledger, map, gen) == SERVES_YES)
			return gen;
		if (!any)
			any = gen;
	}
	if (any || !arm)
		return any;
	/* The generation left the ref's history; the arm kept it. */
	gen = ledger__told(ledger, arm);
	return gen && landed && gen->number < landed->number ? gen : NULL;
}
