// SPDX-License-Identifier: GPL-2.0
/*
 * stale-map and stale-copy shown by an end: the subsystem that ends access has granted the ref,
 * although the grant is unrecorded. A mapper that does not serve this subsystem is stale; it is no
 * slow backend.
 */
#include "rules/history.h"
#include "rules/outcome.h"
#include "rules/owner.h"

struct holder {
	struct judging judging;
	struct party owner;
};

/* Whether the end may be at fault instead of the mapper: the ref may be the mapper's frontend's. */
static void note_foreign(const struct holder *holder, struct finding *finding)
{
	const enum kind frontend = kind__frontend_of(holder->judging.map->kind);

	if (frontend != KIND_UNKNOWN && kind__borrows_refs(holder->owner.kind))
		finding__blind(finding,
			       "%s may have ended a ref of %s's: then the end is wrong, and %s is "
			       "in order",
			       kind__name(holder->owner.kind), kind__name(frontend),
			       kind__name(holder->judging.map->kind));
}

static void fill(struct judging *judging, struct finding *finding)
{
	const struct holder *holder = container_of(judging, struct holder, judging);
	char name[96];

	finding->owner = holder->owner;
	finding->told_generation = 0;
	finding__evidence(
		finding, "owner",
		"%s ended access to the ref, as its owner does; %s %s and is no known backend of "
		"the owner",
		kind__name(holder->owner.kind), party__name(&finding->map_by, name, sizeof(name)),
		judging->map->is_copy ? "copied before"
		: judging->map->end   ? "had the ref mapped"
				      : "has the ref mapped");
	finding__blind(finding, "the grant of the ref was not recorded");
	note_foreign(holder, finding);
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref, 0);
}

/* Whether the ref was granted after the process's announcement, or may have been. */
static bool may_be_late(struct ledger *ledger, const struct gen_event *end, const struct map *map)
{
	const struct arm *arm = ledger__arm_of(ledger, map);
	const struct call *call = arm ? call__at(ledger, arm->call) : NULL;

	return end->gen->flags & GEN_ADOPTED || !call ||
	       !ledger__before(ledger, map->granter, &end->gen->grant, map->mapper, &call->at);
}

/* A process in no table may be a backend. It is reported only if its map may be late. */
static bool is_stranger(struct ledger *ledger, const struct gen_event *end, const struct map *map,
			enum kind frontend)
{
	enum serves serves = kind__serves(ledger->policy, frontend, map->kind);

	if (serves == SERVES_BACKEND)
		return owner__is_backend(ledger, map, frontend) == SERVES_NO &&
		       may_be_late(ledger, end, map);
	return serves == SERVES_NO;
}

struct finding *stale_map__judge_holder(struct rules *rules, struct ledger *ledger,
					const struct gen_event *end, struct map *map)
{
	struct holder holder = {.judging = judging__of_event(rules, ledger, end, map)};
	struct finding_key key = judging__key(&holder.judging);
	struct finding *finding;

	party__fill(&holder.owner, end->granter, end->stack, end->task);
	if (map->ref < RESERVED_REFS || !is_stranger(ledger, end, map, holder.owner.kind))
		return NULL;
	holder.judging.at = &map->at;
	key.map_kind = map->kind;
	key.owner = holder.owner.kind;
	key.task = kind__has_task(map->kind) ? map__task(ledger, map)->pid : 0;
	finding =
		judging__report(&holder.judging, map->is_copy ? CLASS_STALE_COPY : CLASS_STALE_MAP,
				&key, fill, judging__likely);
	if (!finding)
		return NULL;
	map->flags |= MAP_STALE;
	map->finding = finding->id & 1023;
	return finding;
}
