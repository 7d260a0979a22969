// SPDX-License-Identifier: GPL-2.0
/*
 * revoke-blocked: the rightful backend still maps when the frontend revokes, and the frontend gives
 * up. With persistent grants a refused end is business as usual.
 */
#include <string.h>

#include "rules/blind.h"
#include "rules/history.h"
#include "rules/outcome.h"

struct blocked {
	struct judging judging;
	const struct gen_event *end;
	struct party by; /* who could not end access */
};

/*
 * "yes" in any vbd.N.persistent fact, or unknown to us: persistent grants refuse every end by
 * design.
 */
static bool may_be_persistent(const struct domain *granter)
{
	const struct feed *feed = granter->feed;
	bool off = false;
	u32 i;

	for (i = 0; i < feed->nr_facts; i++) {
		const char *key = feed->facts[i].key, *value = feed->facts[i].value;
		const char *dot = strrchr(key, '.');

		if (strncmp(key, "vbd.", 4) || !dot || strcmp(dot, ".persistent"))
			continue;
		if (!strcmp(value, "yes"))
			return true;
		off |= !strcmp(value, "no") || !strcmp(value, "frontend-off") ||
		       !strcmp(value, "backend-only");
	}
	return !off;
}

static void explain(const struct blocked *blocked, struct finding *finding)
{
	const struct map *map = blocked->judging.map;
	bool open = map->flags & MAP_OPEN;
	char name[96];

	finding__evidence(
		finding, "refusal",
		"the end of ref %u was refused: Xen's entry still says mapped (d%u's word)",
		blocked->end->ref, blocked->end->granter->domid);
	finding__evidence(finding, open ? "order" : "circumstance",
			  "%s mapped it at %.6f s ± %.3f ms and %s (d%u's word)",
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
	explain(blocked, finding);
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref, 0);
	outcome__refused(finding, blocked->end, &blocked->by);
}

/* Whether the map surely was there when the end was refused, and was meant to be. */
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

/* That it was this map needs: it surely was there, and no other may have been unseen. */
static enum certainty weigh(struct judging *judging, struct finding *finding)
{
	const struct blocked *blocked = container_of(judging, struct blocked, judging);
	const struct span *granted = &judging->gen->grant;

	if (!is_rightful(blocked) ||
	    blind__between(judging->ledger, finding, judging->mapper, judging->granter,
			   &judging->map->at, REC_BIT(REC_MAP) | REC_BIT(REC_UNMAP), granted,
			   judging->at, "another map may have been in the way") ||
	    blind__within(judging->ledger, finding, judging->granter,
			  REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE), span__in(granted),
			  judging->at->out, "the ref may have changed hands") ||
	    !blind__clocks_hold(finding, judging->granter, judging->mapper))
		return CERTAINTY_LIKELY;
	return CERTAINTY_PROVEN;
}

struct finding *revoke_blocked__judge(struct rules *rules, struct ledger *ledger,
				      const struct gen_event *end, struct map *map)
{
	struct blocked blocked = {.judging = judging__of_event(rules, ledger, end, map),
				  .end = end};
	struct finding_key key = judging__key(&blocked.judging);
	struct finding *finding;

	party__fill(&blocked.by, end->granter, end->stack, end->task);
	if (blocked.by.kind == KIND_BLKFRONT && may_be_persistent(end->granter))
		return NULL;
	key.map_kind = map->kind;
	key.owner = blocked.by.kind;
	finding = judging__report(&blocked.judging, CLASS_REVOKE_BLOCKED, &key, fill, weigh);
	if (finding)
		map->finding = finding->id & 1023;
	return finding;
}
