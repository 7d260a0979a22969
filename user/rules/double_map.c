// SPDX-License-Identifier: GPL-2.0
/*
 * double-map: two processes map one ref at the same time. Which of them is meant is not known;
 * where it is, the other is a stale map and has its own class. One process may map a ref as often
 * as it likes.
 */
#include <stdio.h>

#include "rules/rules.h"

static bool is_other(struct ledger *ledger, const struct map *a, const struct map *b)
{
	u32 pid_a = rules__task(ledger, a)->pid, pid_b = rules__task(ledger, b)->pid;

	if (a->kind != b->kind || a->kind != KIND_GNTDEV || !pid_a || !pid_b || pid_a == pid_b)
		return false;
	/* A backend that was restarted takes over from its predecessor. */
	return !(comm__is_backend(rules__task(ledger, a)->comm) &&
		 comm__is_backend(rules__task(ledger, b)->comm));
}

static const struct map *find(struct ledger *ledger, const struct map *map)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	const struct map *other;
	u32 nr;

	for (nr = ref->maps; nr; nr = other->next) {
		other = map__at(ledger, nr);
		/* The earlier of the two was settled before. */
		if (other != map && other->at.out <= map->at.out && other->frame == map->frame &&
		    rules__at_once(ledger, map, other) && is_other(ledger, map, other))
			return other;
	}
	return NULL;
}

static void fill(struct ledger *ledger, struct finding *finding, u32 nr, const struct map *other)
{
	const struct map *map = map__at(ledger, nr);
	struct domain *mapper = ledger->domains[map->mapper];
	char name[96];

	finding->granter = ledger->domains[map->granter]->domid;
	finding->mapper = mapper->domid;
	finding->ref = map->ref;
	finding->when = span__system(&map->at);
	finding->when_err = span__err(&map->at);
	finding->when_mono = map->at.out;
	party__fill(&finding->map_by, mapper, map->stack, map->task);
	party__fill(&finding->previous_owner, mapper, other->stack, other->task);
	finding__evidence(finding, "identity",
			  "%s has the ref mapped at the same time, the same page",
			  party__name(&finding->previous_owner, name, sizeof(name)));
	finding->previous_owner.known = false;
	rules__history(ledger, finding, ledger->domains[map->granter], map->ref, nr);
}

void rules__double_map(struct rules *rules, struct ledger *ledger, u32 nr)
{
	const struct map *map = map__at(ledger, nr), *other;
	struct domain *mapper = ledger->domains[map->mapper];
	struct finding *finding;
	bool fresh, blind;
	u64 key[3];

	if (map->ref < RESERVED_REFS || map->kind != KIND_GNTDEV)
		return;
	other = find(ledger, map);
	if (!other)
		return;
	key[0] = (u64)ledger->domains[map->granter]->domid << 32 | (u64)mapper->domid << 16;
	key[1] = rules__task(ledger, map)->pid;
	key[2] = rules__task(ledger, other)->pid;
	finding = findings__get(&rules->findings, CLASS_DOUBLE_MAP, key, &fresh);
	if (!finding)
		return;
	if (fresh)
		fill(ledger, finding, nr, other);
	blind = rules__blind(ledger, finding, mapper, REC_BIT(REC_MAP) | REC_BIT(REC_UNMAP),
			     other->at.out, map->at.out, "an unmap between may be missing");
	finding__count(finding, blind ? CERTAINTY_LIKELY : CERTAINTY_PROVEN, map->ref, &map->at,
		       fresh);
}
