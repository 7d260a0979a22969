// SPDX-License-Identifier: GPL-2.0
/* The evidence of a stale-map as text: a line for each fact on which the verdict rests. */
#include <inttypes.h>
#include <stdio.h>

#include "rules/provenance.h"
#include "rules/stale_map.h"

static void explain_identity(const struct stale_map *stale, struct finding *finding)
{
	const struct map *map = stale->judging.map;
	const struct map *other = stale->rightful ? stale->rightful : stale->backend;
	const struct candidates *candidates = stale->candidates;
	u16 mapper = stale->judging.mapper->domid;
	struct party party;
	char name[96];

	if (candidates->by_frame && candidates->best && !(candidates->best->flags & GEN_ADOPTED))
		finding__evidence(
			finding, "identity",
			"the map returned machine frame 0x%" PRIx64
			", the page of generation %u (%s d%u; the frame of the grant is reported by "
			"the granter)",
			map->frame, candidates->best->number, provenance__xens_word(mapper),
			mapper);
	if (!other)
		return;
	party__fill_mapper(&party, stale->judging.ledger, other);
	finding__evidence(
		finding, "identity",
		"%s mapped the same machine frame 0x%" PRIx64
		" through the same ref %s: the grant was meant for at most one of the two "
		"mappers%s",
		party__name(&party, name, sizeof(name)), map->frame,
		stale->rightful ? "at the same time" : "before or after",
		stale->judging.granter->feed ? "" : " (independent of the granter's records)");
}

/* Returns the last map of the ref before @map that is in Xen's trace too. */
static const struct map *traced_before(struct ledger *ledger, const struct map *map)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	const struct stamp *stamp = stamp__at(ledger, map->stamp);
	const struct map *other, *best = NULL;
	u32 nr;

	for (nr = ref->maps; nr; nr = other->next) {
		other = map__at(ledger, nr);
		if (other == map || !other->stamp || other->mapper != map->mapper ||
		    stamp__at(ledger, other->stamp)->hi > stamp->lo)
			continue;
		if (!best ||
		    stamp__at(ledger, other->stamp)->hi > stamp__at(ledger, best->stamp)->hi)
			best = other;
	}
	return best;
}

/* Writes "blkback mapped the ref at TSC 7, unmapped it at TSC 9". */
static const char *in_trace(struct ledger *ledger, const struct map *map, char *buf, size_t size)
{
	const struct stamp *stamp = stamp__at(ledger, map->stamp);
	struct party party;
	char name[96];
	int n;

	party__fill_mapper(&party, ledger, map);
	n = snprintf(buf, size, "%s mapped the ref at TSC %" PRIu64,
		     party__name(&party, name, sizeof(name)), stamp->hi);
	if (stamp->end && n > 0 && (size_t)n < size)
		snprintf(buf + n, size - (size_t)n, ", unmapped it at TSC %" PRIu64, stamp->end);
	return buf;
}

static void explain_between(const struct stale_map *stale, struct finding *finding)
{
	const struct map *between = stale->between;
	struct party party;
	char name[96];

	party__fill_mapper(&party, stale->judging.ledger, between);
	finding__evidence(finding, "order",
			  "announced at %.6f s; mapped by %s at %.6f s, when the grant was for "
			  "it and not for the process; mapped by the process at %.6f s (one "
			  "clock, independent of the granter's records)",
			  (double)span__system(&stale->call->at) / 1e9,
			  party__name(&party, name, sizeof(name)),
			  (double)span__system(&between->at) / 1e9,
			  (double)span__system(stale->judging.at) / 1e9);
}

/* Evidence from Xen's trace, on the TSC that all pCPUs share. */
static void explain_trace(const struct stale_map *stale, struct finding *finding)
{
	struct ledger *ledger = stale->judging.ledger;
	const struct map *map = stale->judging.map;
	const struct map *other = stale->rightful ? stale->rightful : stale->backend;
	const struct stamp *stamp = stamp__at(ledger, map->stamp);
	const char *record = "Xen's own record";
	char a[160], b[160];

	if (!stamp)
		return;
	/* The trace itself names ref and handle, so the pairing is exact. */
	if (stamp->named)
		record = "Xen's own record, which names ref and handle";
	if (!other || !other->stamp)
		other = traced_before(ledger, map);
	if (!other) {
		finding__evidence(finding, "trace",
				  "%s: d%u entered the hypercall at TSC %" PRIu64
				  " and had mapped the page at TSC %" PRIu64,
				  record, stale->judging.mapper->domid, stamp->lo, stamp->hi);
		return;
	}
	in_trace(ledger, map, a, sizeof(a));
	in_trace(ledger, other, b, sizeof(b));
	if (stamp__at(ledger, other->stamp)->hi < stamp->hi)
		finding__evidence(finding, "trace", "%s: %s; %s", record, b, a);
	else
		finding__evidence(finding, "trace", "%s: %s; %s", record, a, b);
}

static void explain_owner(const struct stale_map *stale, struct finding *finding)
{
	const struct gen *best = stale->candidates->best;
	struct domain *granter = stale->judging.granter;

	finding__evidence(finding, "owner",
			  "generation %u belongs to %s in d%u; %s in d%u never serves it",
			  best->number, kind__name(gen__owner(granter, stale->judging.ref, best)),
			  granter->domid, kind__name(stale->judging.map->kind),
			  stale->judging.mapper->domid);
}

static void explain_order(const struct stale_map *stale, struct finding *finding)
{
	const struct span *told = &stale->call->at, *granted = &stale->newer.gen->grant;
	const struct span *mapped = stale->judging.at;

	finding__evidence(
		finding, "order",
		"announced at %.6f s ± %.3f ms, generation %u granted at %.6f s ± %.3f ms, "
		"mapped at %.6f s ± %.3f ms: the intervals do not overlap",
		(double)span__system(told) / 1e9, (double)span__err(told) / 1e6,
		stale->newer.gen->number, (double)span__system(granted) / 1e9,
		(double)span__err(granted) / 1e6, (double)span__system(mapped) / 1e9,
		(double)span__err(mapped) / 1e6);
}

/* Explains why the map is not of the announced generation, although its own is unrecorded. */
static void explain_over(const struct stale_map *stale, struct finding *finding)
{
	const struct span *told = &stale->call->at, *mapped = stale->judging.at;
	const struct span *ended = gen__end(stale->judging.ledger, stale->over);

	finding__evidence(
		finding, "order",
		"announced at %.6f s ± %.3f ms, generation %u ended at %.6f s ± %.3f ms, mapped at "
		"%.6f s ± %.3f ms: the page is of no generation on record",
		(double)span__system(told) / 1e9, (double)span__err(told) / 1e6,
		stale->over->number, (double)span__system(ended) / 1e9,
		(double)span__err(ended) / 1e6, (double)span__system(mapped) / 1e9,
		(double)span__err(mapped) / 1e6);
	finding__blind(finding, "d%u: the grant of ref %u after generation %u was not recorded",
		       stale->judging.granter->domid, stale->judging.ref, stale->over->number);
}

void stale_map__explain(const struct stale_map *stale, struct finding *finding)
{
	explain_identity(stale, finding);
	if (stale->table)
		table_evidence__explain(stale->judging.ledger, finding, stale->judging.map,
					&stale->change);
	if (stale->between && (!stale->rightful || stale->open))
		explain_between(stale, finding);
	if (stale->owner_conflict && stale->candidates->best)
		explain_owner(stale, finding);
	explain_trace(stale, finding);
	if (stale->newer.gen)
		explain_order(stale, finding);
	if (stale->over)
		explain_over(stale, finding);
}
