// SPDX-License-Identifier: GPL-2.0
/*
 * double-map: two mappers have one page through one ref at the same time, and at most one of them
 * is meant. They are two processes, a process and a backend driver, two backend drivers, or two
 * disks of one driver. If evidence shows which one is meant, the other is a stale-map instead. One
 * process may map a ref any number of times.
 */
#include "rules/blind.h"
#include "rules/history.h"
#include "rules/identity.h"
#include "rules/owner.h"

struct double_map {
	struct judging judging;
	const struct map *other; /* the earlier of the two */
};

static bool are_two_processes(struct ledger *ledger, const struct map *a, const struct map *b)
{
	u32 pid_a = map__task(ledger, a)->pid, pid_b = map__task(ledger, b)->pid;

	if (a->kind != b->kind || a->kind != KIND_GNTDEV || !pid_a || !pid_b || pid_a == pid_b)
		return false;
	/* A restarted backend takes over from its predecessor. */
	return !(owner__is_backend(ledger, a, KIND_UNKNOWN) == SERVES_YES &&
		 owner__is_backend(ledger, b, KIND_UNKNOWN) == SERVES_YES);
}

static const struct map *find(struct ledger *ledger, const struct map *map)
{
	const struct map *other;
	u32 nr;

	/* The list is in the order of calls of one domain: the earlier map is further down. */
	for (nr = map->next; nr; nr = other->next) {
		other = map__at(ledger, nr);
		/* The common case. The test is cheap and runs for every map. */
		if (other->kind == map->kind && other->task == map->task)
			continue;
		/* The earlier map is settled and may have a finding of its own. */
		if (other->at.out > map->at.out || other->frame != map->frame ||
		    other->flags & (MAP_STALE | MAP_DISPUTED))
			continue;
		if (identity__at_once(ledger, map, other) &&
		    (identity__conflict(ledger, map, other) ||
		     are_two_processes(ledger, map, other)))
			return other;
	}
	return NULL;
}

static void fill(struct judging *judging, struct finding *finding)
{
	const struct map *other = container_of(judging, struct double_map, judging)->other;
	const struct map *map = judging->map;
	char name[96];

	/* The fingerprint needs the names of both parties. */
	party__fill_mapper(&finding->previous_owner, judging->ledger, other);
	finding__evidence(finding, "identity",
			  "%s had the same page mapped through the same ref at the same time",
			  party__name(&finding->previous_owner, name, sizeof(name)));
	if (map->kind == other->kind && kind__is_backend(map->kind))
		finding__evidence(finding, "identity", "%s and %s serve different disks",
				  map__task(judging->ledger, map)->comm,
				  map__task(judging->ledger, other)->comm);
	finding->previous_owner.known = false;
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref,
			   judging->map_nr);
}

static enum certainty weigh(struct judging *judging, struct finding *finding)
{
	const struct map *other = container_of(judging, struct double_map, judging)->other;

	/* A domain other than dom0 may report anything about a granter without a capture. */
	if (judging->mapper->domid && judging->mapper != judging->granter &&
	    !judging->granter->feed) {
		finding__blind(finding, "this map is reported only by d%u itself",
			       judging->mapper->domid);
		return CERTAINTY_LIKELY;
	}
	return blind__within(judging->ledger, finding, judging->mapper,
			     REC_BIT(REC_MAP) | REC_BIT(REC_UNMAP) | REC_BIT(REC_RING) |
				     REC_BIT(REC_RING_UNMAP),
			     other->at.out, judging->map->at.out,
			     "an unmap between may be missing") ||
			       blind__unreturned(finding, judging->mapper, judging->map->at.out)
		       ? CERTAINTY_LIKELY
		       : CERTAINTY_PROVEN;
}

/* A backend driver's maps are made by any task. */
static u32 task_of(const struct ledger *ledger, const struct map *map)
{
	return kind__has_task(map->kind) ? map__task(ledger, map)->pid : 0;
}

void double_map__judge(struct rules *rules, struct ledger *ledger, u32 map_nr)
{
	const struct map *map = map__at(ledger, map_nr);
	struct double_map two = {.other = NULL};
	struct finding_key key;

	if (map->ref < RESERVED_REFS || (map->kind != KIND_GNTDEV && !kind__is_backend(map->kind)))
		return;
	two.other = find(ledger, map);
	if (!two.other)
		return;
	two.judging = judging__of_map(rules, ledger, map_nr);
	key = judging__key(&two.judging);
	key.map_kind = map->kind;
	key.owner = two.other->kind;
	key.task = task_of(ledger, map);
	key.other = task_of(ledger, two.other);
	judging__report(&two.judging, CLASS_DOUBLE_MAP, &key, fill, weigh);
}
