// SPDX-License-Identifier: GPL-2.0
/*
 * stale-map: a map reached a later generation than the announced one. Four independent kinds of
 * evidence, strongest first. Identity: a kernel backend has the same page through the same ref at
 * the same time, only one of the two can be meant, and the owner shows which. Table: the mapper's
 * domain read another entry in the granter's table after the announcement. Owner: the mapper never
 * serves the owner of the generation. Order: the generation was granted after the announcement.
 */
#include "rules/blind.h"
#include "rules/history.h"
#include "rules/identity.h"
#include "rules/owner.h"
#include "rules/provenance.h"
#include "rules/stale_map.h"

/*
 * Finds kernel backends' maps of the same page through the same ref, at the same time or of the
 * same generation.
 */
static void find_backend(struct stale_map *stale)
{
	struct ledger *ledger = stale->judging.ledger;
	const struct candidates *candidates = stale->candidates;
	const struct map *map = stale->judging.map, *other;
	const struct ref *state = domain__ref(stale->judging.granter, map->ref);
	u32 nr;

	if (!state->by_process)
		return;
	for (nr = state->maps; nr; nr = other->next) {
		other = map__at(ledger, nr);
		if (other == map || other->status || other->frame != map->frame || !map->frame ||
		    other->mapper != map->mapper || owner__is_misnamed(ledger, other) ||
		    !identity__conflict(ledger, map, other))
			continue;
		if (other->flags & MAP_OPEN && identity__is_contested(ledger, map))
			continue;
		if (identity__at_once(ledger, map, other))
			stale->rightful = other;
		else if (candidates->nr == 1 && !(candidates->gen[0]->flags & GEN_ADOPTED) &&
			 ledger__before(ledger, map->granter, &candidates->gen[0]->grant,
					map->mapper, &other->at))
			stale->backend = other;
	}
}

/*
 * Whether a kernel backend may have mapped the same generation of a frontend, within the clock
 * error bounds, while the process is no known backend.
 */
static bool may_be_shared(const struct stale_map *stale)
{
	struct ledger *ledger = stale->judging.ledger;
	struct domain *granter = stale->judging.granter;
	const struct map *map = stale->judging.map, *other;
	const struct gen *best = stale->candidates->best;
	enum kind owner = best ? gen__owner(granter, map->ref, best) : KIND_UNKNOWN;
	u32 nr;

	if (map->kind != KIND_GNTDEV || !best || best->flags & (GEN_SHARED | GEN_ADOPTED) ||
	    kind__serves(ledger->policy, owner, map->kind) != SERVES_BACKEND ||
	    owner__is_backend(ledger, map, owner) != SERVES_NO)
		return false;
	for (nr = domain__ref(granter, map->ref)->maps; nr; nr = other->next) {
		other = map__at(ledger, nr);
		if (other->mapper == map->mapper && !other->status &&
		    !owner__is_misnamed(ledger, other) && identity__conflict(ledger, map, other) &&
		    !ledger__before(ledger, other->mapper, &other->at, map->granter, &best->grant))
			return true;
	}
	return false;
}

/* Whether an unrecorded generation may be meant. Of two owners at once double-grant tells. */
static bool is_of_unseen(const struct candidates *candidates)
{
	const struct gen *best = candidates->best;

	return candidates->outside && !best->others && !(best->flags & GEN_IMPLICIT_END);
}

static void ask_owners(struct stale_map *stale)
{
	const struct candidates *candidates = stale->candidates;
	u32 i, excluded = 0, fits = 0;

	for (i = 0; i < candidates->nr; i++) {
		enum serves serves = owner__serves(stale->judging.ledger, stale->judging.map,
						   candidates->gen[i]);

		excluded += serves == SERVES_NO;
		fits += serves == SERVES_YES;
	}
	stale->owner_conflict =
		candidates->nr && excluded == candidates->nr && !candidates->outside;
	/* One candidate makes the map stale, another does not. */
	stale->undecided |= excluded && (excluded < candidates->nr || is_of_unseen(candidates));
	stale->owner_agrees = candidates->nr && fits == candidates->nr && !candidates->outside;
}

static void find_announcement(struct stale_map *stale)
{
	struct ledger *ledger = stale->judging.ledger;
	const struct map *map = stale->judging.map;
	struct arm *arm = ledger__arm_of(ledger, map);
	const struct call *call = arm ? call__at(ledger, arm->call) : NULL;

	if (!call || order__is_spent(ledger, map, call))
		return;
	stale->arm = arm;
	stale->call = call;
}

/*
 * Returns the announced generation if it ended before the map, and the returned page is of no
 * recorded generation. Then the map is of a later, unrecorded one.
 */
static const struct gen *find_over(const struct stale_map *stale)
{
	struct ledger *ledger = stale->judging.ledger;
	const struct map *map = stale->judging.map;
	const struct gen *told = ledger__told(ledger, stale->arm);

	if (!stale->candidates->stray || !map->frame || !domain__says_pv(stale->judging.granter) ||
	    !told || told->flags & GEN_ADOPTED || !gen__ended_well(told) ||
	    told->frame == map->frame ||
	    !ledger__before(ledger, map->mapper, &stale->call->at, map->granter,
			    gen__end(ledger, told)) ||
	    !ledger__before(ledger, map->granter, gen__end(ledger, told), map->mapper, &map->at))
		return NULL;
	return told;
}

/* Collects the evidence for a stale map. */
static void gather(struct stale_map *stale)
{
	struct ledger *ledger = stale->judging.ledger;
	const struct map *map = stale->judging.map;

	stale->undecided = may_be_shared(stale);
	ask_owners(stale);
	if (map->kind != KIND_GNTDEV)
		return;
	find_announcement(stale);
	if (stale->call) {
		order__find_newer(ledger, map, stale->call, &stale->newer);
		stale->undecided |= stale->newer.undecided;
		stale->table = table_evidence__find(ledger, map, stale->call, &stale->change);
		stale->between = order__between(ledger, map, stale->call);
		stale->over = find_over(stale);
	}
	find_backend(stale);
	/* The owner shows that the page is this mapper's, so the backend's map is the wrong one. */
	if (stale->owner_agrees && !stale->candidates->learned)
		stale->rightful = NULL;
	/*
	 * The owner is unknown. A later process may hold an old announcement. An earlier process is
	 * as likely to be meant as the backend, and double-map names both.
	 */
	stale->open = stale->rightful && !owner__tells(ledger, stale->candidates, stale->rightful);
	if (stale->open && !order__came_before(ledger, stale->rightful, map))
		stale->rightful = NULL;
}

static bool is_stale(const struct stale_map *stale)
{
	return stale->newer.gen || stale->owner_conflict || stale->rightful || stale->table ||
	       stale->between || stale->over;
}

/*
 * Identity: the generation could not change while both were mapped. A loss may hide that one was
 * unmapped.
 */
static bool proves_identity(const struct stale_map *stale, struct finding *finding)
{
	const struct map *map = stale->judging.map, *other = stale->rightful;
	/* An unmap comes after the return of its map. */
	u64 from = min(map->at.out, other->at.out);
	const struct gen *gen = stale->judging.gen;

	/* With two owners, each map may be meant by one of them. */
	if (gen && gen->others) {
		if (finding)
			finding__blind(finding, "the ref may have had two owners at once");
		return false;
	}
	/* The map may be meant for an owner whose grant was not recorded. */
	if (!owner__is_whole(&stale->judging, stale->candidates, finding))
		return false;
	return !blind__within(
		stale->judging.ledger, finding, stale->judging.mapper,
		REC_BIT(REC_MAP) | REC_BIT(REC_UNMAP) | REC_BIT(REC_RING) | REC_BIT(REC_RING_UNMAP),
		from, max(map->at.out, other->at.out), "an unmap between may be missing");
}

/* An unrecorded, second announcement would excuse the map. */
static bool not_told_again(const struct stale_map *stale, struct finding *finding)
{
	return !blind__within(stale->judging.ledger, finding, stale->judging.mapper,
			      REC_BIT(REC_ARM) | REC_BIT(REC_DISARM), stale->call->at.out,
			      stale->judging.map->at.out,
			      "the mapper may have announced the ref again");
}

/* Order: announced, granted again, mapped. */
static bool proves_order(const struct stale_map *stale, struct finding *finding)
{
	return stale->newer.sure &&
	       blind__clocks_hold(finding, stale->judging.granter, stale->judging.mapper) &&
	       not_told_again(stale, finding);
}

/* A read holds until the next recorded one begins. */
static bool no_read_is_missing(const struct stale_map *stale, struct finding *finding)
{
	const struct table_read *last =
		stale->change.after ? stale->change.after : stale->change.before;

	return !blind__within(stale->judging.ledger, finding, stale->judging.mapper,
			      REC_BIT(REC_ENTRY), stale->call->at.out, last->last,
			      "a table read may be missing");
}

/* Proven by the records of the mapper's domain alone. */
static bool is_proven_alone(const struct stale_map *stale, struct finding *finding)
{
	return stale->table && not_told_again(stale, finding) && no_read_is_missing(stale, finding);
}

static bool is_proven_by_both(const struct stale_map *stale, struct finding *finding)
{
	const struct candidates *candidates = stale->candidates;

	return (stale->rightful && !stale->open && proves_identity(stale, finding)) ||
	       (stale->newer.gen && !candidates->stray && !candidates->off &&
		proves_order(stale, finding)) ||
	       (stale->owner_conflict && !candidates->off &&
		owner__is_whole(&stale->judging, candidates, finding));
}

/*
 * A backend mapped the ref between the announcement and the map. Its grant came after the
 * announcement if the ref has one owner at a time, which only the granter's record shows. After a
 * double free the backend's grant may be the older one, and the process may have mapped its own.
 */
static void note_between(const struct stale_map *stale, struct finding *finding)
{
	finding__blind(finding, "no capture of d%u: the ref may have had two owners at once",
		       stale->judging.granter->domid);
	not_told_again(stale, finding);
}

/* Returns the certainty and adds the blind spots that lower it. */
static enum certainty weigh(struct judging *judging, struct finding *finding)
{
	const struct stale_map *stale = container_of(judging, struct stale_map, judging);
	bool alone = is_proven_alone(stale, finding);
	bool proven = alone || is_proven_by_both(stale, finding);

	if (!proven && stale->between)
		note_between(stale, finding);
	if (stale->rightful || stale->table || stale->between)
		judging->without_order = 1 + (alone ? CERTAINTY_PROVEN : CERTAINTY_LIKELY);
	if (provenance__is_hearsay(judging, stale->candidates)) {
		finding__blind(finding, "this map is reported only by d%u itself",
			       judging->mapper->domid);
		return CERTAINTY_LIKELY;
	}
	if (!proven && stale->open && finding)
		finding__blind(
			finding,
			"the granting subsystem was not recorded: either this map or the other one "
			"is stale");
	return proven ? CERTAINTY_PROVEN : CERTAINTY_LIKELY;
}

static void fill(struct judging *judging, struct finding *finding)
{
	const struct stale_map *stale = container_of(judging, struct stale_map, judging);
	const struct gen *told =
		order__told(judging->ledger, judging->map, stale->arm, judging->gen);

	finding->told_generation = told ? told->number : 0;
	if (told) {
		party__fill_owner(&finding->previous_owner, judging->ledger, judging->granter,
				  told);
		finding->killed = told->flags & GEN_EXITING;
	}
	stale_map__explain(stale, finding);
	provenance__explain(finding, judging->mapper, judging->granter);
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref,
			   judging->map_nr);
}

/* Whether the map is of a generation from before recording, whose grant is unrecorded. */
static bool is_older_than_record(const struct stale_map *stale)
{
	const struct ledger *ledger = stale->judging.ledger;
	const struct ref *state = domain__ref(stale->judging.granter, stale->judging.ref);
	const struct gen *gen, *oldest = NULL;
	u32 i;

	for (i = 0; i < stale->candidates->nr; i++)
		if (stale->candidates->gen[i]->baseline)
			return true;
	for (gen = gen__at(ledger, state->gen); gen; gen = gen__at(ledger, gen->older))
		oldest = gen;
	/* Numbers above 1: older generations left the history. */
	return !stale->candidates->nr && (!oldest || oldest->number == 1);
}

/*
 * Whether the granter has a capture, but not for all the time from the announcement to the map, so
 * that the map may be stale.
 */
static bool is_unjudged(const struct stale_map *stale)
{
	struct ledger *ledger = stale->judging.ledger;
	struct domain *granter = stale->judging.granter, *mapper = stale->judging.mapper;
	const struct map *map = stale->judging.map;
	const struct span clock = domain__clock(granter);

	if (map->kind != KIND_GNTDEV || map->ref < RESERVED_REFS)
		return false;
	/* The announcement came before the mapper's own recording. */
	if (!stale->call &&
	    blind__within(ledger, NULL, mapper, REC_BIT(REC_ARM), 0, map->at.out, ""))
		return true;
	return stale->candidates->outside && granter->feed &&
	       (is_older_than_record(stale) ||
		blind__between(ledger, NULL, granter, mapper, &clock,
			       REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE),
			       stale->call ? &stale->call->at : &map->at, &map->at, ""));
}

/*
 * Whether the map may be of @gen, and the pair of @owner and mapper is in no table. For a process
 * that announced the generation after its grant, the order is evidence enough.
 */
static bool is_unknown_pair(const struct stale_map *stale, const struct gen *gen, enum kind owner)
{
	const struct ledger *ledger = stale->judging.ledger;
	const struct map *map = stale->judging.map;

	return !(gen->flags & GEN_ADOPTED) && owner != KIND_UNKNOWN && map->kind != KIND_UNKNOWN &&
	       (owner != KIND_XENBUS || owner__maps_requests(ledger, map)) &&
	       map->kind != KIND_XENBUS &&
	       kind__serves(ledger->policy, owner, map->kind) == SERVES_UNKNOWN &&
	       !(stale->call &&
		 ledger__before(ledger, map->granter, &gen->grant, map->mapper, &stale->call->at));
}

/*
 * A process that maps a frontend's page must be a backend. Returns whether the process's name says
 * so, SERVES_YES for all other maps.
 */
static enum serves process_serves(const struct stale_map *stale)
{
	const struct ledger *ledger = stale->judging.ledger;
	const struct map *map = stale->judging.map;
	const struct gen *best = stale->candidates->best;
	enum kind owner;

	if (map->kind != KIND_GNTDEV || !best || map->ref < RESERVED_REFS)
		return SERVES_YES;
	owner = gen__owner(stale->judging.granter, map->ref, best);
	return kind__serves(ledger->policy, owner, map->kind) == SERVES_BACKEND
		       ? owner__is_backend(ledger, map, owner)
		       : SERVES_YES;
}

/*
 * Counts what is unknown about the owners: once for each counter, whichever candidate the map is
 * of.
 */
static void count_owners(const struct stale_map *stale)
{
	struct rules_counters *counters = &stale->judging.rules->counters;
	const struct candidates *candidates = stale->candidates;
	const struct map *map = stale->judging.map;
	/*
	 * A map of an unrecorded generation counts elsewhere, and two owners at once are
	 * double-grant's.
	 */
	bool pair = candidates->outside || candidates__at_once(candidates), unknown = false;
	bool other_use = false;
	u32 i;

	for (i = 0; i < candidates->nr; i++) {
		const struct gen *gen = candidates->gen[i];
		enum kind owner = gen__owner(stale->judging.granter, map->ref, gen);

		if (!pair && is_unknown_pair(stale, gen, owner)) {
			owner__count_pair(counters, owner, map->kind);
			pair = true;
		}
		other_use |= owner != KIND_XENBUS &&
			     owner__is_other_use(stale->judging.ledger, map, gen);
		/* The owner's stack is unrecorded, or in no table. */
		unknown |= kind__is_backend(map->kind) && !(gen->flags & GEN_ADOPTED) &&
			   owner == KIND_UNKNOWN;
	}
	counters->unknown_owners += unknown;
	counters->other_uses += other_use;
}

static void count_doubtful(const struct stale_map *stale)
{
	struct rules_counters *counters = &stale->judging.rules->counters;
	enum serves process;

	if (identity__is_contested(stale->judging.ledger, stale->judging.map))
		return;
	count_owners(stale);
	process = process_serves(stale);
	counters->unknown_mappers += stale->judging.map->kind == KIND_UNKNOWN;
	counters->unknown_processes += process == SERVES_UNKNOWN;
	counters->unlisted_processes += !stale->undecided && process == SERVES_NO;
	counters->undecided += stale->undecided;
	counters->unjudged += is_unjudged(stale);
}

/* Whether the only evidence is another mapper, which may be the stale one instead. */
static bool is_open(const struct stale_map *stale)
{
	return stale->open && !stale->newer.gen && !stale->owner_conflict && !stale->table;
}

enum stale stale_map__judge(struct rules *rules, struct ledger *ledger, u32 map_nr,
			    struct candidates *candidates, bool again)
{
	struct stale_map stale = {.judging = judging__of_map(rules, ledger, map_nr),
				  .candidates = candidates};
	struct map *map = map__at(ledger, map_nr);
	struct finding *finding;
	struct finding_key key;

	gather(&stale);
	if (!is_stale(&stale)) {
		if (!again)
			count_doubtful(&stale);
		return STALE_NO;
	}
	stale.judging.gen = candidates->best ? candidates->best : stale.newer.gen;
	key = judging__key(&stale.judging);
	key.map_kind = map->kind;
	key.owner = candidates->best ? gen__owner(stale.judging.granter, map->ref, candidates->best)
				     : KIND_UNKNOWN;
	key.task = kind__has_task(map->kind) ? map__task(ledger, map)->pid : 0;
	finding = judging__report(&stale.judging, CLASS_STALE_MAP, &key, fill, weigh);
	if (!finding)
		return is_open(&stale) ? STALE_OPEN : STALE_YES;
	judging__supersede(rules, stale.arm);
	map->flags |= MAP_STALE;
	map->finding = finding->id & 1023;
	if (map->end && finding->outcome == OUTCOME_NONE)
		finding__outcome(finding, OUTCOME_UNMAPPED,
				 "the stale map was unmapped; no refused end was recorded");
	return is_open(&stale) ? STALE_OPEN : STALE_YES;
}
