// SPDX-License-Identifier: GPL-2.0
/*
 * stale-map-refused: a map or copy of a ref whose generation was over. Xen's refusal is evidence
 * itself: the entry did not permit the access at that instant.
 */
#include "rules/blind.h"
#include "rules/history.h"
#include "rules/provenance.h"
#include "util/xen_abi.h"

struct refused {
	struct judging judging;
	struct arm *arm;       /* the map's announcement, NULL unknown or a copy */
	const struct gen *was; /* the generation that was over, NULL unknown */
	bool regranted;	       /* the ref had been granted to another domain or owner since */
};

/* Whether Xen's status says that the entry did not permit the access, as after an end. */
static bool is_refusal(const struct map *map)
{
	return map->status == GNTST_general_error || map->status == GNTST_bad_gntref;
}

/*
 * Whether Xen's status has another reason: granter gone, no room, forbidden by policy, bad
 * arguments, or a page that was paged out.
 */
static bool has_reason(const struct map *map)
{
	static const s8 reasons[] = {GNTST_bad_domain,	    GNTST_bad_virt_addr,
				     GNTST_no_device_space, GNTST_permission_denied,
				     GNTST_bad_copy_arg,    GNTST_address_too_big,
				     GNTST_eagain,	    GNTST_no_space};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(reasons); i++)
		if (map->status == reasons[i])
			return true;
	return false;
}

/*
 * Returns the newest generation for this mapper that surely ended before the map. NULL if there is
 * none, or if a grant to this mapper may have been live: then Xen had another reason.
 */
static struct gen *ended_before(struct ledger *ledger, const struct map *map)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	struct gen *gen, *found = NULL;
	u32 steps = 4096;

	for (gen = gen__at(ledger, ref->gen); gen && steps--; gen = gen__at(ledger, gen->older)) {
		const bool known = gen__is_known(gen);

		if (known && gen->peer != ledger->domains[map->mapper]->domid)
			continue;
		if (known &&
		    ledger__before(ledger, map->mapper, &map->at, map->granter, &gen->grant))
			continue;
		if (!gen__ended_well(gen) ||
		    !ledger__before(ledger, map->granter, gen__end(ledger, gen), map->mapper,
				    &map->at))
			return NULL;
		if (!found)
			found = gen;
		if (known)
			break;
	}
	return found;
}

/*
 * Returns the announced generation if it surely ended before the map, and the next grant surely
 * came after the announcement. A later grant to this mapper may be live, so Xen had another reason;
 * but the process did not mean that grant.
 */
static struct gen *told_before(struct ledger *ledger, const struct map *map, const struct arm *arm)
{
	struct gen *told = arm ? ledger__told(ledger, arm) : NULL, *gen, *next = NULL;
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	const struct call *call;

	if (!told || !gen__ended_well(told) ||
	    !ledger__before(ledger, map->granter, gen__end(ledger, told), map->mapper, &map->at))
		return NULL;
	/* If @told left the history, all generations in it are later. */
	for (gen = gen__at(ledger, ref->gen); gen && gen != told; gen = gen__at(ledger, gen->older))
		next = gen;
	call = call__at(ledger, arm->call);
	return next && ledger__before(ledger, call->mapper, &call->at, map->granter, &next->grant)
		       ? told
		       : NULL;
}

static const char *name_of(const struct map *map)
{
	return map->is_copy ? "copy" : "map";
}

static void explain_order(const struct refused *refused, struct finding *finding)
{
	const struct span *at = refused->judging.at;
	const struct span *end = gen__end(refused->judging.ledger, refused->was);

	finding__evidence(
		finding, "order",
		"generation %u ended at %.6f s ± %.3f ms, the %s came at %.6f s ± %.3f ms",
		refused->was->number, (double)span__system(end) / 1e9, (double)span__err(end) / 1e6,
		name_of(refused->judging.map), (double)span__system(at) / 1e9,
		(double)span__err(at) / 1e6);
}

static void fill(struct judging *judging, struct finding *finding)
{
	const struct refused *refused = container_of(judging, struct refused, judging);
	const struct gen *was = refused->was;
	u16 mapper = judging->mapper->domid;

	finding__evidence(finding, "refusal", "Xen refused the %s with status %d%s (%s d%u)",
			  name_of(judging->map), judging->map->status,
			  refused->regranted ? "" : ": the ref did not permit it at that time",
			  provenance__xens_word(mapper), mapper);
	if (was) {
		finding->generation = was->number;
		finding->told_generation = was->number;
		finding->killed = was->flags & GEN_EXITING;
		party__fill_owner(&finding->previous_owner, judging->ledger, judging->granter, was);
		explain_order(refused, finding);
	}
	if (refused->arm)
		finding__evidence(
			finding, "circumstance", "the mapper had announced the ref at %.6f s",
			(double)span__system(&call__at(judging->ledger, refused->arm->call)->at) /
				1e9);
	history__add_steps(judging->ledger, finding, judging->granter, judging->ref,
			   judging->map_nr);
	finding__outcome(finding, OUTCOME_REFUSED_MAP, "Xen refused: no page was accessed");
}

/* Only an unrecorded, second announcement could excuse it. */
static bool proves_told(const struct refused *refused, struct finding *finding)
{
	const struct judging *judging = &refused->judging;

	return !blind__within(judging->ledger, finding, judging->mapper,
			      REC_BIT(REC_ARM) | REC_BIT(REC_DISARM),
			      call__at(judging->ledger, refused->arm->call)->at.out,
			      judging->at->out, "the mapper may have announced the ref again") &&
	       blind__clocks_hold(finding, judging->granter, judging->mapper);
}

static bool proves_over(const struct refused *refused, struct finding *finding)
{
	const struct judging *judging = &refused->judging;
	const struct span *end = gen__end(judging->ledger, refused->was);
	const u32 events = REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE) | REC_BIT(REC_RESET);

	return !blind__between(judging->ledger, finding, judging->granter, judging->mapper, end,
			       events, end, judging->at, "the ref may have been granted again") &&
	       gen__is_known(refused->was) &&
	       blind__clocks_hold(finding, judging->granter, judging->mapper);
}

static enum certainty weigh(struct judging *judging, struct finding *finding)
{
	const struct refused *refused = container_of(judging, struct refused, judging);

	if (!refused->was) {
		finding__blind(finding, "%s of d%u: whether the ref was ever granted is unknown",
			       judging->granter->feed ? "no grant in the capture" : "no capture",
			       judging->granter->domid);
		return CERTAINTY_POSSIBLE;
	}
	if (refused->regranted)
		return proves_told(refused, finding) ? CERTAINTY_PROVEN : CERTAINTY_LIKELY;
	return proves_over(refused, finding) ? CERTAINTY_PROVEN : CERTAINTY_LIKELY;
}

/* Whether a grant of the ref to this mapper is recorded. */
static bool was_granted(struct ledger *ledger, const struct map *map)
{
	const struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	const struct gen *gen;

	for (gen = gen__at(ledger, ref->gen); gen; gen = gen__at(ledger, gen->older))
		if (!gen__is_known(gen) || gen->peer == ledger->domains[map->mapper]->domid)
			return true;
	return false;
}

/* Whether Xen refused the map because the generation was over, as far as the records show. */
static bool find_reason(struct refused *refused, struct ledger *ledger, const struct map *map)
{
	refused->was = ended_before(ledger, map);
	if (!refused->was) {
		refused->was = told_before(ledger, map, refused->arm);
		refused->regranted = refused->was;
	}
	/*
	 * Without a recorded grant, an announcement shows that there was one. A copier always knows
	 * a ref.
	 */
	return refused->was || ((refused->arm || map->is_copy) && !was_granted(ledger, map));
}

bool stale_map_refused__judge(struct rules *rules, struct ledger *ledger, u32 map_nr)
{
	struct refused refused = {.judging = judging__of_map(rules, ledger, map_nr)};
	struct map *map = map__at(ledger, map_nr);
	struct finding_key key = judging__key(&refused.judging);
	struct finding *finding;

	if (map->finding)
		return true;
	if (has_reason(map)) {
		/* Whatever Xen refused it for, it came after the end. */
		rules->counters.late_refusals += ended_before(ledger, map) != NULL;
		return true;
	}
	refused.arm = ledger__arm_of(ledger, map);
	if (!is_refusal(map) || !find_reason(&refused, ledger, map)) {
		if (refused.judging.granter->feed && !map->is_copy && !map->undecided)
			rules->counters.unexplained_refusals++;
		map->undecided = true;
		return false;
	}
	key.map_kind = map->kind;
	key.owner = refused.was ? gen__owner(refused.judging.granter, map->ref, refused.was)
				: KIND_UNKNOWN;
	key.task = kind__has_task(map->kind) ? map__task(ledger, map)->pid : 0;
	key.other = map->is_copy ? KEY_COPY : 0;
	finding = judging__report(&refused.judging, CLASS_STALE_MAP_REFUSED, &key, fill, weigh);
	if (!finding)
		return true;
	judging__supersede(rules, refused.arm);
	map->finding = finding->id & 1023;
	return true;
}
