// SPDX-License-Identifier: GPL-2.0
/*
 * An end that was refused. Behind a stale map it is that finding's outcome; while the rightful
 * backend maps and the frontend gives up it is revoke-blocked; with persistent grants or a deferral
 * it is business as usual.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules/rules.h"
#include "util/log.h"

/* How long after a refused end the frontend's own message about it may come. */
#define LOG_WINDOW (5 * NSEC_PER_SEC)

/* Whether @map may have kept its ref busy at @at, by the time. */
static bool may_keep_busy(const struct ledger *ledger, const struct map *map,
			  const struct domain *granter, const struct span *at)
{
	if (map->status || map->flags & MAP_DISPUTED ||
	    ledger__before(ledger, granter->index, at, map->mapper, &map->at))
		return false;
	return !map->end || !ledger__before(ledger, map->mapper, &ending__at(ledger, map->end)->at,
					    granter->index, at);
}

struct map *rules__blocker(struct ledger *ledger, struct domain *granter, u32 ref,
			   const struct span *at)
{
	struct ref *state = domain__ref(granter, ref);
	struct map *map, *found = NULL;
	u32 nr;

	for (nr = state->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if (may_keep_busy(ledger, map, granter, at) && (!found || map->flags & MAP_STALE))
			found = map;
	}
	return found;
}

/* Whether a map that may have been in the way is still to be judged: it may be a stale one. */
static bool is_early(const struct ledger *ledger, const struct happening *end)
{
	const struct map *map;
	u32 nr;

	for (nr = domain__ref(end->granter, end->ref)->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if ((!(map->flags & MAP_JUDGED) ||
		     (map->flags & (MAP_PENDING | MAP_PARTIAL)) == MAP_PENDING) &&
		    may_keep_busy(ledger, map, end->granter, &end->at))
			return true;
	}
	return false;
}

/*
 * "yes" in any vbd.N.persistent fact, or unknown to us: persistent grants refuse every end by
 * design.
 */
static bool may_be_persistent(const struct domain *granter, bool *known)
{
	const struct feed *feed = granter->feed;
	bool off = false;
	u32 i;

	*known = false;
	for (i = 0; i < feed->nr_facts; i++) {
		const char *key = feed->facts[i].key, *value = feed->facts[i].value;
		const char *dot = strrchr(key, '.');

		if (strncmp(key, "vbd.", 4) || !dot || strcmp(dot, ".persistent"))
			continue;
		if (!strcmp(value, "yes")) {
			*known = true;
			return true;
		}
		off |= !strcmp(value, "no") || !strcmp(value, "frontend-off") ||
		       !strcmp(value, "backend-only");
	}
	*known = off;
	return !off;
}

static void outcome_refused(struct finding *finding, struct domain *granter, u32 ref,
			    const struct span *at, const struct party *by)
{
	char name[96];

	/* One refusal tells it; a retry every second would only push the rest out. */
	if (finding->revoke_refused)
		return;
	finding->revoke_refused = true;
	party__name(by, name, sizeof(name));
	step__is(finding__step(finding, granter->domid, at, true,
			       "%s cannot end access to ref %u: refused, still mapped", name, ref),
		 STEP_REFUSED_END, by, 0);
	finding__sort_steps(finding);
	if (finding->outcome != OUTCOME_DEVICE_LOST)
		finding__outcome(finding, OUTCOME_REFUSED, "%s in d%u could not revoke ref %u",
				 name, granter->domid, ref);
}

static void fill(struct ledger *ledger, struct finding *finding, const struct happening *end,
		 const struct map *map, const struct party *by)
{
	struct domain *mapper = ledger->domains[map->mapper], *granter = end->granter;
	char name[96];

	finding->granter = granter->domid;
	finding->mapper = mapper->domid;
	finding->ref = end->ref;
	finding->generation = end->gen->number;
	finding->told_generation = end->gen->number;
	finding->when = span__system(&end->at);
	finding->when_err = span__err(&end->at);
	party__fill(&finding->map_by, mapper, map->stack, map->task);
	party__fill(&finding->owner, granter, end->gen->stack, end->gen->task);
	if (end->gen->flags & GEN_ADOPTED)
		finding->owner = *by;
	finding__evidence(
		finding, "refusal",
		"the end of ref %u was refused: Xen's entry still says mapped (d%u's word)",
		end->ref, granter->domid);
	finding__evidence(finding, map->flags & MAP_OPEN ? "order" : "circumstance",
			  "%s mapped it at %.6f s ± %.3f ms and %s (d%u's word)",
			  party__name(&finding->map_by, name, sizeof(name)),
			  (double)span__system(&map->at) / 1e9, (double)span__err(&map->at) / 1e6,
			  map->flags & MAP_OPEN ? "has not unmapped it" : "unmapped it later",
			  mapper->domid);
	rules__history(ledger, finding, granter, end->ref, 0);
	outcome_refused(finding, granter, end->ref, &end->at, by);
}

/* That it was this map needs: it surely was there, and no other may have been unseen. */
static enum certainty weigh(struct ledger *ledger, struct finding *finding,
			    const struct happening *end, const struct map *map, enum kind by)
{
	struct domain *mapper = ledger->domains[map->mapper];

	if (kind__serves(by, map->kind) != SERVES_YES ||
	    end->gen->flags & (GEN_ADOPTED | GEN_TAINTED | GEN_RESET) ||
	    !ledger__before(ledger, map->mapper, &map->at, end->granter->index, &end->at))
		return CERTAINTY_LIKELY;
	if (map->end && !ledger__before(ledger, end->granter->index, &end->at, map->mapper,
					&ending__at(ledger, map->end)->at))
		return CERTAINTY_LIKELY;
	if (map->flags & MAP_CLOSED_UNSEEN ||
	    rules__blind_between(ledger, finding, mapper, end->granter, &map->at,
				 REC_BIT(REC_MAP) | REC_BIT(REC_UNMAP), &end->gen->grant, &end->at,
				 "another map may have been in the way"))
		return CERTAINTY_LIKELY;
	if (rules__blind(ledger, finding, end->granter, REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE),
			 span__in(&end->gen->grant), end->at.out, "the ref may have changed hands"))
		return CERTAINTY_LIKELY;
	return rules__clocks_hold(finding, end->granter, mapper) ? CERTAINTY_PROVEN
								 : CERTAINTY_LIKELY;
}

/*
 * Whether @map, which Xen refused, may have been in the way of @end. While Xen tries a map it marks
 * the entry. And in a PV domain gntdev makes two mappings of a page, one after the other; the
 * kernel's own, of which no probe tells, may have come when the ref was granted again, and stays
 * until the process gives up.
 */
static bool may_block(struct ledger *ledger, const struct happening *end, const struct map *map)
{
	u32 granter = end->granter->index;

	if (!map->status || map->kind != KIND_GNTDEV ||
	    ledger__before(ledger, granter, &end->at, map->mapper, &map->at) ||
	    ledger__before(ledger, map->mapper, &map->at, granter, &end->gen->grant))
		return false;
	return rules__is_pv(ledger->domains[map->mapper]) ||
	       !ledger__before(ledger, map->mapper, &map->at, granter, &end->at);
}

/* Nobody is known to have the ref mapped, and its end was refused. */
static void blame_attempt(struct rules *rules, struct ledger *ledger, const struct happening *end,
			  const struct party *by)
{
	struct ref *state = domain__ref(end->granter, end->ref);
	struct finding *finding;
	struct map *map;
	u32 nr;

	for (nr = state->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if (!may_block(ledger, end, map))
			continue;
		/* Judged now, as it may end after this. */
		rules__refused_map(rules, ledger, nr);
		if (!map->finding)
			continue;
		finding = rules->findings.item[map->finding - 1];
		if (!finding->revoke_refused)
			finding__evidence(
				finding, "circumstance",
				"nobody is known to have had ref %u mapped when its end "
				"was refused; this map had been tried since it was granted",
				end->ref);
		outcome_refused(finding, end->granter, end->ref, &end->at, by);
		return;
	}
}

void rules__end_refused(struct rules *rules, struct ledger *ledger, const struct happening *end)
{
	struct map *map = rules__blocker(ledger, end->granter, end->ref, &end->at);
	enum via via = domain__via(end->granter, end->stack);
	struct finding *finding;
	struct party by;
	bool fresh, known;
	u64 key[3];

	party__fill(&by, end->granter, end->stack, end->task);
	/*
	 * What is queued for a retry is judged in the order in which it comes; who gives up does so
	 * once.
	 */
	if (via != VIA_DEFER && via != VIA_RETRY && kind__gives_up(by.kind) &&
	    is_early(ledger, end) && ledger__postpone(ledger, end))
		return;
	if (map && map->finding && map->flags & MAP_STALE) {
		finding = rules->findings.item[map->finding - 1];
		outcome_refused(finding, end->granter, end->ref, &end->at, &by);
		return;
	}
	if (!map)
		blame_attempt(rules, ledger, end, &by);
	if (via == VIA_DEFER)
		rules__deferred(rules, ledger, end, map);
	/* Only callers that look at the result give anything up. */
	if (via == VIA_DEFER || via == VIA_RETRY || !kind__gives_up(by.kind) || !map)
		return;
	if (by.kind == KIND_BLKFRONT && may_be_persistent(end->granter, &known))
		return;
	key[0] = (u64)end->granter->domid << 32 | (u64)ledger->domains[map->mapper]->domid << 16 |
		 map->kind;
	key[1] = by.kind;
	key[2] = 0;
	finding = findings__get(&rules->findings, CLASS_REVOKE_BLOCKED, key, &fresh);
	if (!finding)
		return;
	if (fresh)
		fill(ledger, finding, end, map, &by);
	finding__count(finding, weigh(ledger, finding, end, map, by.kind), end->ref, &end->at,
		       fresh);
	map->finding = finding->id & 1023;
	if (by.kind == KIND_BLKFRONT && map->kind == KIND_BLKBACK)
		rules__persistent(rules, ledger, finding, end, map);
}

/* The ref number in "backed has not unmapped grant: 80", UINT32_MAX if the line is another. */
static u32 ref_in_log(const char *text)
{
	static const char lead[] = "backed has not unmapped grant: ";
	const char *pos = strstr(text, lead);
	char *end;
	unsigned long ref;

	if (!pos)
		return UINT32_MAX;
	pos += sizeof(lead) - 1;
	ref = strtoul(pos, &end, 10);
	return end == pos || ref > LEDGER_MAX_REFS ? UINT32_MAX : (u32)ref;
}

void rules__log(struct rules *rules, struct ledger *ledger, struct domain *domain,
		const struct span *at, const char *text)
{
	bool lost = strstr(text, "isabled for further use") != NULL;
	u32 i, ref = ref_in_log(text);
	char clean[128];

	if (!lost && ref == UINT32_MAX)
		return;
	str_sanitize(clean, sizeof(clean), text, sizeof(clean));
	for (i = 0; i < rules->findings.nr; i++) {
		struct finding *finding = rules->findings.item[i];

		if (finding->granter != domain->domid ||
		    (finding->class != CLASS_STALE_MAP && finding->class != CLASS_REVOKE_BLOCKED &&
		     !finding->revoke_refused))
			continue;
		if (span__system(at) + LOG_WINDOW < finding->when ||
		    (ref != UINT32_MAX && ref != finding->ref && finding->outcome == OUTCOME_NONE))
			continue;
		if (finding->outcome == OUTCOME_DEVICE_LOST)
			continue;
		step__is(finding__step(finding, domain->domid, at, lost, "kernel log: %s", clean),
			 STEP_LOG, NULL, 0);
		finding__sort_steps(finding);
		if (lost)
			finding__outcome(finding, OUTCOME_DEVICE_LOST, "%s", clean);
	}
}
