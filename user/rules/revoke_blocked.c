// SPDX-License-Identifier: GPL-2.0
/*
 * revoke-blocked: the rightful backend has the ref mapped when the frontend ends access, and the
 * frontend gives up. With persistent grants a refused end is routine. If it is unknown whether the
 * disk has them, the end counts as a blind spot.
 */
#include "model/vbd.h"
#include "rules/blind.h"
#include "rules/history.h"
#include "rules/outcome.h"
#include "rules/persistent.h"

struct blocked {
	struct judging judging;
	const struct gen_event *end;
	struct party by; /* who could not end access */
	enum persistence persistence;
};

static void explain(const struct blocked *blocked, struct finding *finding)
{
	const struct map *map = blocked->judging.map;
	bool open = map->flags & MAP_OPEN;
	char name[96];

	finding__evidence(
		finding, "refusal",
		"the end of ref %u was refused: its grant table entry was still marked as "
		"mapped (reported by d%u)",
		blocked->end->ref, blocked->end->granter->domid);
	finding__evidence(finding, open ? "order" : "circumstance",
			  "%s mapped the ref at %.6f s ± %.3f ms and %s (reported by d%u)",
			  party__name(&finding->map_by, name, sizeof(name)),
			  (double)span__system(&map->at) / 1e9, (double)span__err(&map->at) / 1e6,
			  open ? "has not unmapped it" : "unmapped it later",
			  blocked->judging.mapper->domid);
}

static void fill(struct judging *judging, struct finding *finding)
{
	const struct blocked *blocked = container_of(judging, struct blocked, judging);

	if (judging->gen->flags & GEN_ADOPTED)
		finding->owner = blocked->by;
	if (judging->map->kind == KIND_BLKBACK)
		vbd__of_blkback(map__task(judging->ledger, judging->map)->comm,
				judging->granter->domid, &finding->disk);
	explain(blocked, finding);
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref, 0);
	outcome__refused(finding, blocked->end, &blocked->by);
}

/* Whether the map surely existed when the end was refused, and is rightful. */
static bool is_rightful(const struct blocked *blocked)
{
	const struct ledger *ledger = blocked->judging.ledger;
	const struct gen_event *end = blocked->end;
	const struct map *map = blocked->judging.map;
	u32 granter = end->granter->index;

	return kind__serves(ledger->policy, blocked->by.kind, map->kind) == SERVES_YES &&
	       !(end->gen->flags & (GEN_ADOPTED | GEN_TAINTED | GEN_RESET)) &&
	       !(map->flags & MAP_CLOSED_UNSEEN) &&
	       ledger__before(ledger, map->mapper, &map->at, granter, &end->at) &&
	       (!map->end || ledger__before(ledger, granter, &end->at, map->mapper,
					    &ending__at(ledger, map->end)->at));
}

/* Whether the disk may have connected anew, so that its setting in xenstore no longer holds. */
static bool may_be_reconnected(const struct blocked *blocked, struct finding *finding)
{
	const struct judging *judging = &blocked->judging;

	return blocked->by.kind == KIND_BLKFRONT &&
	       blind__within(judging->ledger, finding, judging->granter, REC_BIT(REC_RESET),
			     judging->granter->feed->recording_since, judging->at->out,
			     "after a resume the disk may have persistent grants");
}

/* Proven only if the map surely existed and no other map may be unrecorded. */
static enum certainty weigh(struct judging *judging, struct finding *finding)
{
	const struct blocked *blocked = container_of(judging, struct blocked, judging);
	const struct span *granted = &judging->gen->grant;

	if (blocked->persistence == PERSISTENCE_OFF_ALL && finding)
		finding__blind(
			finding,
			"the disk is unknown: persistent grants are off for the disks read from "
			"xenstore");
	if (blocked->persistence == PERSISTENCE_OFF_ALL || !is_rightful(blocked) ||
	    may_be_reconnected(blocked, finding) ||
	    blind__between(judging->ledger, finding, judging->mapper, judging->granter,
			   &judging->map->at, REC_BIT(REC_MAP) | REC_BIT(REC_UNMAP), granted,
			   judging->at, "another map may have blocked the end") ||
	    blind__within(judging->ledger, finding, judging->granter,
			  REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE), span__in(granted),
			  judging->at->out, "the ref may have got a new owner") ||
	    !blind__clocks_hold(finding, judging->granter, judging->mapper))
		return CERTAINTY_LIKELY;
	return CERTAINTY_PROVEN;
}

/*
 * Whether the refused end is by design, because the disk has persistent grants. Returns true if
 * that is unknown too, and counts it.
 */
static bool is_by_design(const struct blocked *blocked, struct rules_counters *counters)
{
	if (blocked->by.kind != KIND_BLKFRONT)
		return false;
	counters->unknown_persistence += blocked->persistence == PERSISTENCE_UNKNOWN;
	return blocked->persistence <= PERSISTENCE_ON;
}

struct finding *revoke_blocked__judge(struct rules *rules, struct ledger *ledger,
				      const struct gen_event *end, struct map *map)
{
	struct blocked blocked = {.judging = judging__of_event(rules, ledger, end, map),
				  .end = end};
	struct finding_key key = judging__key(&blocked.judging);
	struct finding *finding;

	party__fill(&blocked.by, end->granter, end->stack, end->task);
	if (blocked.by.kind == KIND_BLKFRONT)
		blocked.persistence = persistence__of(ledger, end->granter, map, &end->at);
	if (is_by_design(&blocked, &rules->counters))
		return NULL;
	key.map_kind = map->kind;
	key.owner = blocked.by.kind;
	finding = judging__report(&blocked.judging, CLASS_REVOKE_BLOCKED, &key, fill, weigh);
	if (finding)
		map->finding = finding->id & 1023;
	return finding;
}
