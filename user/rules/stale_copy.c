// SPDX-License-Identifier: GPL-2.0
/*
 * stale-copy: a copy read or wrote the page of a later generation than the one that was meant. The
 * copier learns the ref by a protocol that no kernel sees, and Xen returns no frame for a copy. So
 * there are two kinds of evidence. Identity: another mapper had the ref mapped all the while, and
 * only one of the two can be meant. Owner: the mapper never serves the owner of the generation.
 */
#include "rules/blind.h"
#include "rules/history.h"
#include "rules/identity.h"
#include "rules/order.h"
#include "rules/owner.h"
#include "rules/provenance.h"
#include "util/xen_abi.h"

struct stale_copy {
	struct judging judging; /* .gen: the generation that was copied, NULL unknown */
	const struct candidates *candidates;
	const struct map *rightful; /* another mapper's map that lasted throughout the copy */
	u32 excluded;		    /* candidates whose owner this mapper never serves */
	u32 fitting;		    /* candidates whose owner this mapper serves */
};

/*
 * Returns a map during which @copy was made and whose mapper is not meant if the copier is, NULL if
 * there is none.
 */
static const struct map *find_rival(struct ledger *ledger, const struct map *copy)
{
	const struct map *other;
	u32 nr;

	for (nr = domain__ref(ledger->domains[copy->granter], copy->ref)->maps; nr;
	     nr = other->next) {
		other = map__at(ledger, nr);
		if (identity__conflict(ledger, copy, other) &&
		    identity__at_once(ledger, copy, other))
			return other;
	}
	return NULL;
}

bool stale_copy__is_contested(struct ledger *ledger, const struct map *copy)
{
	const struct map *other = copy->flags & MAP_JUDGED ? NULL : find_rival(ledger, copy);

	return other && other->flags & MAP_OPEN;
}

static bool is_owner_conflict(const struct stale_copy *stale)
{
	return stale->candidates->nr && stale->excluded == stale->candidates->nr &&
	       !stale->candidates->outside;
}

static void gather(struct stale_copy *stale)
{
	struct ledger *ledger = stale->judging.ledger;
	const struct candidates *candidates = stale->candidates;
	const struct map *copy = stale->judging.map;
	u32 i;

	for (i = 0; i < candidates->nr; i++) {
		enum serves serves = owner__serves(ledger, copy, candidates->gen[i]);

		stale->excluded += serves == SERVES_NO;
		stale->fitting += serves == SERVES_YES;
	}
	/* If the mapper serves the owner, the backend's map is the wrong one. */
	if (!candidates->nr || stale->fitting < candidates->nr || candidates->outside)
		stale->rightful = find_rival(ledger, copy);
}

/*
 * Only an unrecorded unmap could excuse the copy, if the owner shows that the page is the
 * backend's.
 */
static bool proves_identity(const struct stale_copy *stale, struct finding *finding)
{
	/* A process may map what a frontend in user space granted to a backend driver. */
	if (!kind__is_backend(stale->rightful->kind) ||
	    !owner__tells(stale->judging.ledger, stale->candidates, stale->rightful)) {
		finding__blind(finding,
			       "whom the grant was meant for is unknown: either this copy or the "
			       "map is stale");
		return false;
	}
	return owner__is_whole(&stale->judging, stale->candidates, finding) &&
	       !blind__within(stale->judging.ledger, finding, stale->judging.mapper,
			      REC_BIT(REC_MAP) | REC_BIT(REC_UNMAP) | REC_BIT(REC_RING) |
				      REC_BIT(REC_RING_UNMAP),
			      stale->rightful->at.out, stale->judging.map->at.out,
			      "an unmap between may be missing");
}

static enum certainty weigh(struct judging *judging, struct finding *finding)
{
	const struct stale_copy *stale = container_of(judging, struct stale_copy, judging);
	bool proven =
		(stale->rightful && proves_identity(stale, finding)) ||
		(is_owner_conflict(stale) && owner__is_whole(judging, stale->candidates, finding));

	if (provenance__is_hearsay(judging, stale->candidates)) {
		finding__blind(finding, "this copy is reported only by d%u itself",
			       judging->mapper->domid);
		return CERTAINTY_LIKELY;
	}
	return proven ? CERTAINTY_PROVEN : CERTAINTY_LIKELY;
}

static void explain_identity(const struct stale_copy *stale, struct finding *finding)
{
	struct party party;
	char name[96];

	party__fill_mapper(&party, stale->judging.ledger, stale->rightful);
	finding__evidence(finding, "identity",
			  "%s had the ref mapped before, during and after the copy: the grant was "
			  "meant for at most one of the two%s",
			  party__name(&party, name, sizeof(name)),
			  stale->judging.granter->feed ? ""
						       : " (independent of the granter's records)");
}

static void explain_owner(const struct stale_copy *stale, struct finding *finding)
{
	const struct gen *gen = stale->candidates->best;
	struct domain *granter = stale->judging.granter;

	finding__evidence(finding, "owner",
			  "generation %u belongs to %s in d%u; %s in d%u never serves it",
			  gen->number, kind__name(gen__owner(granter, stale->judging.ref, gen)),
			  granter->domid, kind__name(stale->judging.map->kind),
			  stale->judging.mapper->domid);
}

static void fill(struct judging *judging, struct finding *finding)
{
	const struct stale_copy *stale = container_of(judging, struct stale_copy, judging);
	const struct map *copy = judging->map;
	const struct gen *meant = order__told(judging->ledger, copy, NULL, judging->gen);

	finding->told_generation = meant ? meant->number : 0;
	if (meant) {
		party__fill(&finding->previous_owner, judging->granter, meant->stack, meant->task);
		finding->killed = meant->flags & GEN_EXITING;
	}
	if (stale->rightful)
		explain_identity(stale, finding);
	if (is_owner_conflict(stale) && stale->candidates->best)
		explain_owner(stale, finding);
	finding__evidence(finding, "circumstance", "Xen accepted the copy: the page was %s",
			  copy->handle & GNTCOPY_dest_gref ? "written" : "read");
	provenance__explain(finding, judging->mapper, judging->granter);
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref,
			   judging->map_nr);
}

/* --- what is in doubt --- */

/* Whether the granter's record contradicts the copy: no grant of that time permits it. */
static bool is_strange(const struct stale_copy *stale)
{
	struct ledger *ledger = stale->judging.ledger;
	struct domain *granter = stale->judging.granter, *mapper = stale->judging.mapper;
	const struct map *copy = stale->judging.map;
	const struct span clock = domain__clock(granter);
	const struct gen *gen, *oldest = NULL;

	if (stale->candidates->nr || !granter->feed)
		return false;
	if (!stale->candidates->outside || stale->candidates->stray)
		return true;
	for (gen = gen__at(ledger, domain__ref(granter, copy->ref)->gen); gen;
	     gen = gen__at(ledger, gen->older))
		oldest = gen;
	/* An older grant from before recording would have a recorded end. */
	return oldest && oldest->number == 1 && !(oldest->flags & GEN_ADOPTED) &&
	       !blind__between(ledger, NULL, granter, mapper, &clock,
			       REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE), &copy->at, &copy->at, "");
}

/* Whether the copier or the generation is unrecorded. */
static bool is_unknown(const struct stale_copy *stale)
{
	const struct map *copy = stale->judging.map;
	const struct candidates *candidates = stale->candidates;
	struct domain *granter = stale->judging.granter;
	u32 i;

	if (copy->kind == KIND_UNKNOWN)
		return true;
	for (i = 0; i < candidates->nr; i++)
		if (!(candidates->gen[i]->flags & GEN_ADOPTED) &&
		    gen__owner(granter, copy->ref, candidates->gen[i]) == KIND_UNKNOWN)
			return true;
	/* The granter was not recorded yet, or has losses. */
	return copy->kind == KIND_GNTDEV && candidates->outside && granter->feed;
}

/* Whether the copy may be of a frontend's grant by a process that is no known backend. */
static bool is_unlisted(const struct stale_copy *stale)
{
	const struct ledger *ledger = stale->judging.ledger;
	const struct map *copy = stale->judging.map;
	u32 i;

	if (copy->kind != KIND_GNTDEV)
		return false;
	for (i = 0; i < stale->candidates->nr; i++) {
		enum kind owner =
			gen__owner(stale->judging.granter, copy->ref, stale->candidates->gen[i]);

		if (kind__serves(ledger->policy, owner, copy->kind) == SERVES_BACKEND &&
		    owner__is_backend(ledger, copy, owner) != SERVES_YES)
			return true;
	}
	return false;
}

/*
 * Returns a possible owner whose pair with this mapper is in no table, KIND_UNKNOWN if there is
 * none.
 */
static enum kind unknown_owner(const struct stale_copy *stale)
{
	const struct map *copy = stale->judging.map;
	u32 i;

	/* A ref with two owners is double-grant's. */
	if (candidates__at_once(stale->candidates))
		return KIND_UNKNOWN;
	for (i = 0; i < stale->candidates->nr; i++) {
		const struct gen *gen = stale->candidates->gen[i];
		enum kind owner = gen__owner(stale->judging.granter, copy->ref, gen);

		/* No backend driver copies a ring. */
		if (!(gen->flags & GEN_ADOPTED) &&
		    (owner != KIND_XENBUS || kind__is_backend(copy->kind)) &&
		    copy->kind != KIND_XENBUS &&
		    kind__serves(stale->judging.ledger->policy, owner, copy->kind) ==
			    SERVES_UNKNOWN)
			return owner;
	}
	return KIND_UNKNOWN;
}

static bool is_other_use(const struct stale_copy *stale)
{
	const struct candidates *candidates = stale->candidates;
	u32 i;

	for (i = 0; i < candidates->nr; i++)
		if (owner__is_other_use(stale->judging.ledger, stale->judging.map,
					candidates->gen[i]))
			return true;
	return false;
}

/* Counts the copy in one counter at most, besides that of copies within the clock error bounds. */
static void count_doubtful(const struct stale_copy *stale, bool again)
{
	struct rules_counters *counters = &stale->judging.rules->counters;
	struct map *copy = map__at(stale->judging.ledger, stale->judging.map_nr);
	enum kind owner = unknown_owner(stale);

	if (stale->excluded && !copy->undecided) {
		copy->undecided = true;
		counters->copies_close++;
	}
	if (again)
		return;
	if (is_strange(stale)) {
		copy->undecided = true;
		counters->copies_strange++;
	} else if (is_unknown(stale)) {
		counters->copies_unknown++;
	} else if (is_unlisted(stale)) {
		counters->copies_unlisted++;
	} else if (owner != KIND_UNKNOWN) {
		owner__count_pair(counters, owner, copy->kind);
	} else if (is_other_use(stale)) {
		counters->other_uses++;
	}
}

bool stale_copy__judge(struct rules *rules, struct ledger *ledger, u32 copy_nr,
		       struct candidates *candidates, bool again)
{
	struct stale_copy stale = {.judging = judging__of_map(rules, ledger, copy_nr),
				   .candidates = candidates};
	struct map *copy = map__at(ledger, copy_nr);
	struct finding *finding;
	struct finding_key key;

	gather(&stale);
	if (!is_owner_conflict(&stale) && !stale.rightful) {
		count_doubtful(&stale, again);
		return false;
	}
	stale.judging.gen = candidates->best;
	key = judging__key(&stale.judging);
	key.map_kind = copy->kind;
	key.owner = candidates->best
			    ? gen__owner(stale.judging.granter, copy->ref, candidates->best)
			    : KIND_UNKNOWN;
	key.task = kind__has_task(copy->kind) ? map__task(ledger, copy)->pid : 0;
	finding = judging__report(&stale.judging, CLASS_STALE_COPY, &key, fill, weigh);
	if (finding)
		copy->finding = finding->id & 1023;
	copy->flags |= MAP_STALE;
	return true;
}
