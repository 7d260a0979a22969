// SPDX-License-Identifier: GPL-2.0
#include <string.h>

#include "model/vbd.h"
#include "rules/blind.h"
#include "rules/owner.h"

enum serves owner__is_backend(const struct ledger *ledger, const struct map *map, enum kind owner)
{
	const struct domain *mapper = ledger->domains[map->mapper];
	const struct feed_task *task = map__task(ledger, map);
	const char *process = mapper->feed ? feed__process(mapper->feed, task) : "";
	const char *comm = process[0] ? process : task->comm;

	if (comm[0] && comm__is_backend(ledger->policy, comm, owner))
		return SERVES_YES;
	/* A thread's own name does not identify its process. */
	return process[0] ? SERVES_NO : SERVES_UNKNOWN;
}

bool owner__is_misnamed(const struct ledger *ledger, const struct map *map)
{
	/* What a domain grants to itself is no other guest's. */
	return map->kind == KIND_BLKBACK && map->granter != map->mapper &&
	       vbd__is_of_other(map__task(ledger, map)->comm, ledger->domains[map->granter]->domid);
}

bool owner__maps_requests(const struct ledger *ledger, const struct map *map)
{
	struct domain *mapper = ledger->domains[map->mapper];

	return kind__is_backend(map->kind) && !(map->flags & MAP_RING) && mapper->feed &&
	       !domain__is_ring(mapper, map->stack);
}

/* Whether all rings of @owner are granted by xenbus, to a backend driver. */
static bool has_such_rings(enum kind owner)
{
	return owner == KIND_BLKFRONT || owner == KIND_NETFRONT || owner == KIND_SCSIFRONT;
}

bool owner__is_other_use(const struct ledger *ledger, const struct map *map, const struct gen *gen)
{
	struct domain *granter = ledger->domains[map->granter];
	bool ring;

	if (!granter->feed || !gen->stack || !kind__is_backend(map->kind))
		return false;
	/* xenbus grants nothing but rings for its drivers. */
	ring = domain__is_ring(granter, gen->stack);
	if (map->is_copy || owner__maps_requests(ledger, map))
		return ring;
	return !ring && has_such_rings(domain__kind(granter, gen->stack));
}

enum serves owner__serves(struct ledger *ledger, const struct map *map, const struct gen *gen)
{
	enum kind owner = gen__owner(ledger->domains[map->granter], map->ref, gen);
	enum serves serves = kind__serves(ledger->policy, owner, map->kind);

	if (serves == SERVES_YES && owner__is_misnamed(ledger, map))
		return SERVES_UNKNOWN;
	if (serves != SERVES_BACKEND)
		return serves;
	/* An unknown process may be a backend, unless a kernel backend serves the generation. */
	return gen->flags & GEN_SHARED && owner__is_backend(ledger, map, owner) == SERVES_NO
		       ? SERVES_NO
		       : SERVES_UNKNOWN;
}

bool owner__tells(struct ledger *ledger, const struct candidates *candidates, const struct map *map)
{
	struct domain *granter = ledger->domains[map->granter];
	u32 i;

	if (owner__is_misnamed(ledger, map))
		return false;
	for (i = 0; i < candidates->nr; i++)
		if (kind__serves(ledger->policy, gen__owner(granter, map->ref, candidates->gen[i]),
				 map->kind) != SERVES_YES)
			return false;
	return candidates->nr && !candidates->outside;
}

bool owner__is_whole(const struct judging *judging, const struct candidates *candidates,
		     struct finding *finding)
{
	const u32 events = REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE) | REC_BIT(REC_RESET);
	struct span from;

	if (candidates->learned || !blind__clocks_hold(finding, judging->granter, judging->mapper))
		return false;
	from = gen__live_from(candidates->floor);
	return !blind__between(judging->ledger, finding, judging->granter, judging->mapper, &from,
			       events, &from, judging->at,
			       "the ref may have got a new owner without a record");
}

void owner__count_pair(struct rules_counters *counters, enum kind owner, enum kind mapper)
{
	u32 i;

	for (i = 0; i < counters->nr_pairs; i++)
		if (counters->pair[i].owner == owner && counters->pair[i].mapper == mapper)
			break;
	if (i == RULES_PAIRS) {
		counters->more_pairs++;
		return;
	}
	if (i == counters->nr_pairs)
		counters->pair[counters->nr_pairs++] = (struct unknown_pair){owner, mapper, 0};
	counters->pair[i].maps++;
}
