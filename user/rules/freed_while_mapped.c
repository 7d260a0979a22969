// SPDX-License-Identifier: GPL-2.0
/*
 * freed-while-mapped, in three forms. A ref was freed although its end was refused or never tried.
 * A ref's end succeeded although it stays mapped to the end of the captures. A ref is mapped, and
 * its entry in the granter's table has lost Xen's marks. The mapper's domain alone reports the
 * third: it reads the entry and records its own maps. An unrecorded unmap could excuse it.
 */
#include "rules/blind.h"
#include "rules/candidates.h"
#include "rules/history.h"
#include "xen/table.h"

struct early_release {
	struct judging judging;
	const struct gen_event *event;
};

struct overwritten {
	struct judging judging;
	const struct table_event *event;
	u32 map_nr;
};

/* --- released --- */

static void explain(const struct gen *gen, const struct domain *granter, struct finding *finding)
{
	if (gen->refusals)
		finding__evidence(
			finding, "refusal",
			"the end of generation %u was refused %u time%s and never succeeded (reported "
			"by d%u)",
			gen->number, gen->refusals, gen->refusals == 1 ? "" : "s", granter->domid);
	else
		finding__evidence(
			finding, "order",
			"generation %u was granted and no end of access was tried (reported by d%u)",
			gen->number, granter->domid);
}

static void fill(struct judging *judging, struct finding *finding)
{
	const struct gen_event *freed = container_of(judging, struct early_release, judging)->event;
	struct domain *granter = freed->granter;
	struct party by;
	char name[96];

	party__fill(&by, granter, freed->stack, freed->task);
	if (!finding->owner.func[0])
		finding->owner = by;
	finding->by_another = by.kind != KIND_UNKNOWN && finding->owner.kind != KIND_UNKNOWN &&
			      by.kind != finding->owner.kind;
	explain(freed->gen, granter, finding);
	history__add_steps(judging->ledger, finding, granter, freed->ref, 0);
	step__is(finding__step(finding, granter->domid, &freed->at, true,
			       "%s releases ref %u for reuse", party__name(&by, name, sizeof(name)),
			       freed->ref),
		 STEP_RELEASE, &by, freed->gen->number);
	finding__sort_steps(finding);
}

/*
 * Whether another owner's end, which may have been of this generation, began before the release
 * returned.
 */
static bool was_being_ended(const struct judging *judging)
{
	const struct ledger *ledger = judging->ledger;
	const struct gen *gen = gen__at(ledger, domain__ref(judging->granter, judging->ref)->gen);

	for (; gen; gen = gen == judging->gen ? NULL : gen__at(ledger, gen->older))
		if (gen__ended_well(gen) && span__in(gen__end(ledger, gen)) < judging->at->out)
			return true;
	return false;
}

/* Whether the unmap of @map before the release may be unrecorded. */
static bool may_be_unmapped(const struct judging *judging, struct finding *finding,
			    const struct map *map)
{
	return blind__between(judging->ledger, finding, judging->ledger->domains[map->mapper],
			      judging->granter, &map->at, REC_BIT(REC_UNMAP) | REC_BIT(REC_MAP),
			      &map->at, judging->at,
			      "an unmap before the release may be among them");
}

/* Returns a map which was there when the ref was freed, unless its unmap is unrecorded; or NULL. */
static const struct map *map_at_release(const struct judging *judging)
{
	struct ledger *ledger = judging->ledger;
	const u32 granter = judging->granter->index;
	const struct map *map;
	u32 nr;

	for (nr = domain__ref(judging->granter, judging->ref)->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if (!map->status && !(map->flags & (MAP_DISPUTED | MAP_CLOSED_UNSEEN)) &&
		    ledger__before(ledger, map->mapper, &map->at, granter, judging->at) &&
		    (!map->end || ledger__before(ledger, granter, judging->at, map->mapper,
						 &ending__at(ledger, map->end)->at)))
			return map;
	}
	return NULL;
}

/* Whether the successful end, or a whole later generation, may be unrecorded. */
static bool may_be_lost(const struct judging *judging, struct finding *finding)
{
	const struct gen *gen = judging->gen;
	const struct span from = gen__live_from(gen);

	return blind__within(judging->ledger, finding, judging->granter,
			     REC_BIT(REC_REVOKE) | REC_BIT(REC_RESET),
			     gen__is_known(gen) ? span__in(&from) : 0, judging->at->out,
			     "the successful end may be among them");
}

static enum certainty weigh(struct judging *judging, struct finding *finding)
{
	const struct map *map;

	if (may_be_lost(judging, finding))
		return CERTAINTY_POSSIBLE;
	if (blind__overlapped(finding, judging->gen) ||
	    blind__unreturned(finding, judging->granter, judging->at->out))
		return CERTAINTY_POSSIBLE;
	if (was_being_ended(judging)) {
		finding__blind(finding, "an end by another owner was under way, and may have ended "
					"the generation before the release");
		return CERTAINTY_POSSIBLE;
	}
	if (judging->gen->flags & GEN_RESET || !span__has_in(judging->at))
		return CERTAINTY_POSSIBLE;
	map = map_at_release(judging);
	if (judging->gen->refusals || (map && !may_be_unmapped(judging, finding, map)))
		return CERTAINTY_PROVEN;
	if (!map)
		finding__blind(finding, "no map of the ref was recorded at that time: it may not "
					"have been mapped");
	return CERTAINTY_LIKELY;
}

/* Whether @freed is a finding although no end of it was refused. */
static bool is_unended(struct early_release *freed, enum kind owner)
{
	/*
	 * A ref without a recorded grant may be an unused one of a pool. After a resume no end is
	 * needed.
	 */
	if (freed->event->gen->flags & (GEN_ADOPTED | GEN_RESET))
		return false;
	/*
	 * The kernel's console frees its ring without an end in every version, which is no race. A
	 * grant without a stack may be of the ring and is counted as a blind spot.
	 */
	if (owner == KIND_CONSOLE || !freed->event->gen->stack)
		return false;
	/*
	 * A missing end shows nothing if ends were lost, or if the ref had two owners, whose calls
	 * overlapped. Both are blind spots.
	 */
	if (may_be_lost(&freed->judging, NULL) || blind__overlapped(NULL, freed->event->gen))
		return false;
	/* Without its entry, the free may be of an older generation. */
	*freed->judging.ledger->vague += !span__has_in(freed->judging.at);
	return span__has_in(freed->judging.at);
}

void freed_while_mapped__judge(struct rules *rules, struct ledger *ledger,
			       const struct gen_event *event)
{
	struct early_release freed = {judging__of_event(rules, ledger, event, NULL), event};
	struct finding_key key = judging__key(&freed.judging);
	const struct gen *gen = event->gen;

	key.owner = gen__owner(event->granter, event->ref, gen);
	key.other = !!gen->refusals;
	if (gen->refusals || is_unended(&freed, key.owner))
		judging__report(&freed.judging, CLASS_FREED_WHILE_MAPPED, &key, fill, weigh);
}

/* --- written over --- */

static void fill_overwritten(struct judging *judging, struct finding *finding)
{
	const struct overwritten *over = container_of(judging, struct overwritten, judging);
	u16 flags = over->event->flags;

	finding__evidence(finding, "table",
			  "the entry in d%u's table was %s while the page was mapped: the granter "
			  "overwrote Xen's mark",
			  judging->granter->domid,
			  (flags & ENTRY_TYPE_MASK) == ENTRY_PERMIT ? "not marked as mapped"
								    : "free");
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref, over->map_nr);
}

static void report_overwritten(struct rules *rules, struct ledger *ledger,
			       const struct table_event *event, u32 map_nr)
{
	struct map *map = map__at(ledger, map_nr);
	struct overwritten over = {judging__of_table(rules, ledger, event, map), event, map_nr};
	struct finding_key key = judging__key(&over.judging);

	key.map_kind = map->kind;
	key.other = KEY_TABLE;
	judging__report(&over.judging, CLASS_FREED_WHILE_MAPPED, &key, fill_overwritten,
			judging__likely);
}

/* Whether the reader's domain had @map all the while, and no unmap may be unrecorded. */
static bool is_mapped(struct ledger *ledger, const struct map *map, const struct table_event *event)
{
	return !map->status && map->mapper == event->read->reader &&
	       !(map->flags & (MAP_PENDING | MAP_CLOSED_UNSEEN)) &&
	       span__in(&event->at) >= map__surely_from(ledger, map) &&
	       event->at.out <= map__surely_until(ledger, map) &&
	       !blind__within(ledger, NULL, ledger->domains[map->mapper],
			      REC_BIT(REC_UNMAP) | REC_BIT(REC_RING_UNMAP), map->at.out,
			      event->at.out + LEDGER_CALL_NS * event->again, "");
}

/*
 * The map was there all the while, and the entry is free or has no marks. An unmap under way
 * removes marks before it is recorded, so the read is judged again when such calls have returned.
 */
void freed_while_mapped__judge_table(struct rules *rules, struct ledger *ledger,
				     const struct table_event *event)
{
	u32 nr;

	if (event->flags & (ENTRY_MARKS | ENTRY_NO_MARKS))
		return;
	for (nr = domain__ref(event->granter, event->ref)->maps; nr;
	     nr = map__at(ledger, nr)->next) {
		if (!is_mapped(ledger, map__at(ledger, nr), event))
			continue;
		if (event->again)
			report_overwritten(rules, ledger, event, nr);
		else
			ledger__judge_again(ledger, event);
		return;
	}
}

/* --- ended successfully, and mapped to the end of the captures --- */

#define KEY_OPEN 3 /* struct finding_key.other of these */

/* Without a recorded grant, the end shows the owner. */
static void fill_owner(const struct judging *judging, struct finding *finding)
{
	const struct ending *end = ending__at(judging->ledger, judging->gen->end);

	if (!(judging->gen->flags & GEN_ADOPTED))
		return;
	party__fill(&finding->owner, judging->granter, end->stack, end->task);
	finding__blind(finding, "the grant of the ref was not recorded");
}

static void fill_open(struct judging *judging, struct finding *finding)
{
	const struct span *mapped = &judging->map->at, *ended = judging->at;
	char name[96];

	fill_owner(judging, finding);
	finding__evidence(finding, "order",
			  "%s mapped the ref at %.6f s and had not unmapped it when d%u's capture "
			  "ended; the end at %.6f s succeeded nevertheless (reported by d%u)",
			  party__name(&finding->map_by, name, sizeof(name)),
			  (double)span__system(mapped) / 1e9, judging->mapper->domid,
			  (double)span__system(ended) / 1e9, judging->granter->domid);
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref, 0);
}

/* Whether @map was surely there when @end succeeded, and no unmap may be unrecorded. */
static bool outlives(struct ledger *ledger, const struct map *map, const struct span *end)
{
	const struct domain *mapper = ledger->domains[map->mapper];
	const u32 events = REC_BIT(REC_UNMAP) | REC_BIT(REC_RING_UNMAP);

	/* A call that was under way then is recorded when it returns. */
	return ledger__before(ledger, map->mapper, &map->at, map->granter, end) &&
	       !blind__between(ledger, NULL, mapper, ledger->domains[map->granter], &map->at,
			       events, &map->at, end, "") &&
	       !blind__within(ledger, NULL, mapper, events, map->at.out,
			      span__translate(end, end->out, &map->at) + LEDGER_CALL_NS, "");
}

struct open_sweep {
	struct rules *rules;
	struct ledger *ledger;
};

/*
 * The generation whose end succeeded while @map may have been there, NULL if unknown. If its grant
 * is unrecorded, the map may be of an older one. But while a ref is mapped no end of it succeeds,
 * whichever generation the map is of.
 */
static const struct gen *ended_under(const struct domain *granter,
				     const struct candidates *candidates)
{
	const struct gen *gen = candidates->nr == 1 ? candidates->gen[0] : NULL;

	if (!gen || gen->flags & (GEN_RESET | GEN_GONE) || !gen__ended_well(gen))
		return NULL;
	if (gen->flags & GEN_ADOPTED)
		return granter->reset_at ? NULL : gen;
	return candidates->outside ? NULL : gen;
}

static void judge_open(struct rules *rules, struct ledger *ledger, const struct map *map)
{
	struct candidates candidates;
	struct judging judging;
	struct finding_key key;
	const struct gen *gen;

	*ledger->margin = SPAN_ONE_CLOCK;
	candidates__find(rules, ledger, map, &candidates);
	gen = ended_under(ledger->domains[map->granter], &candidates);
	if (!gen || !outlives(ledger, map, gen__end(ledger, gen)))
		return;
	judging = (struct judging){.rules = rules,
				   .ledger = ledger,
				   .granter = ledger->domains[map->granter],
				   .mapper = ledger->domains[map->mapper],
				   .ref = map->ref,
				   .at = gen__end(ledger, gen),
				   .map = map,
				   .gen = gen};
	key = judging__key(&judging);
	key.map_kind = map->kind;
	key.owner = gen__owner(judging.granter, map->ref, gen);
	key.other = KEY_OPEN;
	judging__report(&judging, CLASS_FREED_WHILE_MAPPED, &key, fill_open, judging__likely);
}

static void sweep_open(void *ctx, u32 ref, struct ref *state)
{
	const struct open_sweep *sweep = ctx;
	const struct map *map;
	u32 nr;

	for (nr = state->maps; nr; nr = map->next) {
		map = map__at(sweep->ledger, nr);
		if (!map->status && map->flags & MAP_OPEN &&
		    !(map->flags & (MAP_DISPUTED | MAP_STALE | MAP_CLOSED_UNSEEN)))
			judge_open(sweep->rules, sweep->ledger, map);
	}
}

void freed_while_mapped__judge_all(struct rules *rules, struct ledger *ledger)
{
	struct open_sweep sweep = {rules, ledger};
	u32 i;

	for (i = 0; i < ledger->nr_domains; i++)
		if (ledger->domains[i]->feed)
			domain__each_ref(ledger->domains[i], sweep_open, &sweep);
}
