// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "rules/frames.h"
#include "rules/limits.h"
#include "rules/seen.h"

struct rules *rules__new(void)
{
	struct rules *rules = calloc(1, sizeof(*rules));

	if (rules)
		limits__defaults(&rules->config);
	return rules;
}

void rules__free(struct rules *rules)
{
	u32 i;

	if (!rules)
		return;
	for (i = 0; i < ARRAY_SIZE(rules->frames); i++)
		frames__free(rules->frames[i]);
	findings__cleanup(&rules->findings);
	free(rules);
}

/* A map that came before the ref's first grant, by the clocks: it cannot have. */
static void check_causality(struct ledger *ledger, const struct map *map,
			    const struct landing *landing)
{
	struct domain *granter = ledger->domains[map->granter];
	struct domain *mapper = ledger->domains[map->mapper];
	struct ref *ref = domain__ref(granter, map->ref);
	const struct gen *gen = gen__at(ledger, ref->gen);
	u64 at = span__system(&map->at), granted;

	if (landing->off)
		ledger__add_doubt(ledger, granter, mapper, landing->off);
	/* Only where there is no other candidate, and nothing may be missing. */
	if (landing->nr || !gen || gen->older || gen->flags & (GEN_ADOPTED | GEN_RESET) ||
	    granter == mapper || !granter->feed || gen->peer != mapper->domid ||
	    gen->frame != map->frame || span__err(&map->at) >= CLOCK_ERR_UNKNOWN ||
	    span__err(&gen->grant) >= CLOCK_ERR_UNKNOWN ||
	    rules__blind(ledger, NULL, granter, REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE), 0,
			 gen->grant.out, ""))
		return;
	granted = span__system(&gen->grant);
	if (granted > at)
		ledger__add_doubt(ledger, granter, mapper, granted - at);
}

/* Nothing of it is missing so far: an unmap is looked at as it comes, ahead of the next mark. */
static bool is_whole(const struct domain *domain, u32 events)
{
	return domain->feed && !domain->feed->lost && !domain->input->coverage.nr &&
	       !feed__blind_probe(domain->feed, events, 0, UINT64_MAX);
}

/*
 * The whole cycle: an end that succeeded came after the unmap of what was mapped of that
 * generation. By the clocks it was before, and nothing is missing that could explain it.
 */
static void check_cycle(struct ledger *ledger, const struct map *map)
{
	struct domain *granter = ledger->domains[map->granter];
	struct domain *mapper = ledger->domains[map->mapper];
	const struct gen *gen = gen__at(ledger, domain__ref(granter, map->ref)->gen);
	const struct span *end, *unmap;

	if (!gen || !map->end || map->flags & MAP_CLOSED_UNSEEN || granter == mapper)
		return;
	while (gen && !(gen->flags & GEN_ADOPTED) &&
	       ledger__before(ledger, map->mapper, &map->at, map->granter, &gen->grant))
		gen = gen__at(ledger, gen->older);
	/* Only where it is clear of which generation it was a map: the page is that one's too. */
	if (!gen || gen->flags & (GEN_ADOPTED | GEN_RESET | GEN_TAINTED) || !gen__ended_well(gen) ||
	    gen->peer != mapper->domid || gen->frame != map->frame ||
	    !ledger__before(ledger, map->granter, &gen->grant, map->mapper, &map->at))
		return;
	end = gen__end(ledger, gen);
	unmap = &ending__at(ledger, map->end)->at;
	if (ledger__before(ledger, map->granter, end, map->mapper, unmap) &&
	    is_whole(granter, REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE)) &&
	    is_whole(mapper, REC_BIT(REC_MAP) | REC_BIT(REC_UNMAP)))
		ledger__add_doubt(ledger, granter, mapper, span__system(unmap) - span__system(end));
}

/* A kernel backend serves this generation: whatever process mapped it before was not meant. */
static void share(struct rules *rules, struct ledger *ledger, const struct map *map,
		  struct gen *gen)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	struct landing landing;
	struct map *other;
	u32 nr;

	if (gen->flags & GEN_SHARED)
		return;
	gen->flags |= GEN_SHARED;
	if (!ref->by_process)
		return;
	for (nr = ref->maps; nr; nr = other->next) {
		other = map__at(ledger, nr);
		if (other->kind != KIND_GNTDEV || other->status ||
		    other->flags & (MAP_PENDING | MAP_STALE) || other->mapper != map->mapper)
			continue;
		rules__landing(rules, ledger, other, &landing);
		if (landing.nr == 1 && !landing.outside && landing.gen[0] == gen)
			rules__stale_map(rules, ledger, nr, &landing);
	}
}

/*
 * A domain says that it mapped a ref, and its granter's books, which are whole, grant that to
 * others only. Xen would have refused, so one of the two does not tell the truth. Of dom0, who
 * could map without asking, the granter is not believed.
 */
static bool is_disputed(struct ledger *ledger, const struct map *map, const struct landing *landing)
{
	const struct domain *granter = ledger->domains[map->granter];
	const struct domain *mapper = ledger->domains[map->mapper];

	return mapper->domid && granter != mapper && granter->feed && map->ref >= RESERVED_REFS &&
	       !landing->nr && !landing->outside && landing->floor &&
	       !rules__blind_between(ledger, NULL, granter, mapper, &landing->floor->grant,
				     REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE) | REC_BIT(REC_RESET),
				     &landing->floor->grant, &map->at, "");
}

/* What a map tells besides whether it is stale. */
static void learn(struct rules *rules, struct ledger *ledger, const struct map *map,
		  const struct landing *landing)
{
	check_causality(ledger, map, landing);
	rules->strays += landing->stray;
	if (landing->nr == 1 && !landing->outside && map->kind != KIND_GNTDEV &&
	    map->kind != KIND_UNKNOWN)
		share(rules, ledger, map, landing->gen[0]);
}

static bool on_map(void *ctx, struct ledger *ledger, u32 nr)
{
	struct map *map = map__at(ledger, nr);
	struct rules *rules = ctx;
	struct landing landing;

	if (map->status) {
		rules__refused_map(rules, ledger, nr);
		return false;
	}
	rules__landing(rules, ledger, map, &landing);
	if (is_disputed(ledger, map, &landing)) {
		rules->disputed++;
		map->flags |= MAP_DISPUTED;
		return false;
	}
	if (!(map->flags & MAP_JUDGED))
		learn(rules, ledger, map, &landing);
	if (!rules__stale_map(rules, ledger, nr, &landing)) {
		if (rules__is_contested(ledger, map))
			return true;
		rules__double_map(rules, ledger, nr);
	}
	if (map->kind == KIND_GNTDEV)
		seen__learn(ledger, map);
	return false;
}

static void on_end(void *ctx, struct ledger *ledger, const struct happening *end, bool ok)
{
	if (ok) {
		rules__end_ok(ctx, ledger, end);
		rules__foreign(ctx, ledger, end);
		if (end->since)
			rules__deferral_over(ctx, ledger, end);
	} else {
		rules__end_refused(ctx, ledger, end);
		rules__backlog(ctx, ledger, end);
	}
}

static void on_arm(void *ctx, struct ledger *ledger, u32 nr)
{
	rules__arm(ctx, ledger, nr);
}

static void on_freed(void *ctx, struct ledger *ledger, const struct happening *freed)
{
	rules__freed(ctx, ledger, freed);
}

static void on_retried(void *ctx, struct ledger *ledger, const struct happening *retry)
{
	rules__retried(ctx, ledger, retry);
	rules__backlog(ctx, ledger, retry);
}

static void on_unmap(void *ctx, struct ledger *ledger, u32 nr)
{
	const struct map *map = map__at(ledger, nr);
	struct rules *rules = ctx;
	struct finding *finding;

	check_cycle(ledger, map);
	if (!map->finding || !(map->flags & MAP_STALE))
		return;
	finding = rules->findings.item[map->finding - 1];
	if (map->end)
		step__is(finding__step(finding, ledger->domains[map->mapper]->domid,
				       &ending__at(ledger, map->end)->at, false,
				       "ref %u is unmapped again", map->ref),
			 STEP_UNMAP, &finding->map_by, map->handle);
	finding__sort_steps(finding);
	if (finding->outcome == OUTCOME_NONE)
		finding__outcome(finding, OUTCOME_UNMAPPED,
				 "the wrong map is gone again; no refused revoke was seen");
}

static void on_partial(void *ctx, struct ledger *ledger, u32 nr)
{
	rules__partial(ctx, ledger, nr);
}

static void on_sighted(void *ctx, struct ledger *ledger, const struct look *look)
{
	rules__sighted(ctx, ledger, look);
}

static void on_log(void *ctx, struct ledger *ledger, struct domain *domain, const struct span *at,
		   const char *text)
{
	rules__log(ctx, ledger, domain, at, text);
	rules__leak_log(ctx, ledger, domain, at, text);
	rules__log_line(ctx, domain->domid, at, text);
}

static void on_reset(void *ctx, struct ledger *ledger, struct domain *domain)
{
	struct rules *rules = ctx;

	frames__free(rules->frames[domain->index]);
	rules->frames[domain->index] = NULL;
	rules->backlog_since[domain->index] = 0;
}

struct ledger_listener rules__listener(struct rules *rules)
{
	return (struct ledger_listener){.ctx = rules,
					.map = on_map,
					.end = on_end,
					.arm = on_arm,
					.freed = on_freed,
					.retried = on_retried,
					.unmap = on_unmap,
					.partial = on_partial,
					.sighted = on_sighted,
					.log = on_log,
					.reset = on_reset};
}
