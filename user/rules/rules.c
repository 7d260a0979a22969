// SPDX-License-Identifier: GPL-2.0
/* Calls the classes of findings that a settled item of the ledger concerns. */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "rules/blind.h"
#include "rules/candidates.h"
#include "rules/causality.h"
#include "rules/frames.h"
#include "rules/identity.h"
#include "rules/order_review.h"
#include "rules/outcome.h"
#include "rules/owner.h"
#include "rules/table_evidence.h"

struct rules *rules__new(void)
{
	struct rules *rules = malloc(sizeof(*rules));

	if (rules)
		memset(rules, 0, offsetof(struct rules, stretch));
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

struct findings *rules__findings(struct rules *rules)
{
	return &rules->findings;
}

const struct rules_counters *rules__counters(const struct rules *rules)
{
	return &rules->counters;
}

/*
 * Whether a kernel backend's @map is surely rightful and of @gen: no grant since may be unrecorded,
 * and the tables list the backend for this frontend.
 */
static bool is_surely_of(const struct ledger *ledger, const struct map *map, const struct gen *gen)
{
	struct domain *granter = ledger->domains[map->granter];
	const struct domain *mapper = ledger->domains[map->mapper];
	const enum serves serves =
		kind__serves(ledger->policy, gen__owner(granter, map->ref, gen), map->kind);

	return serves == SERVES_YES && !owner__is_misnamed(ledger, map) &&
	       !owner__is_other_use(ledger, map, gen) &&
	       !blind__between(ledger, NULL, granter, mapper, &gen->grant,
			       REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE) | REC_BIT(REC_RESET),
			       &gen->grant, &map->at, "");
}

/* Judges processes' copies of a ref again: the backend that made @map serves a generation of it. */
static void judge_copies(struct rules *rules, struct ledger *ledger, const struct map *map)
{
	struct candidates candidates;
	struct map *copy;
	u32 nr;

	for (nr = domain__copies(ledger->domains[map->granter], map->ref); nr; nr = copy->next) {
		copy = map__at(ledger, nr);
		if (copy->mapper != map->mapper || copy->flags & MAP_STALE)
			continue;
		candidates__find(rules, ledger, copy, &candidates);
		stale_copy__judge(rules, ledger, nr, &candidates, true);
	}
}

/*
 * A kernel backend serves this generation, so a process's earlier map or copy of it was not meant.
 */
static void share(struct rules *rules, struct ledger *ledger, const struct map *map,
		  struct gen *gen)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	struct candidates candidates;
	struct map *other;
	u32 nr;

	if (gen->flags & GEN_SHARED || !is_surely_of(ledger, map, gen))
		return;
	gen->flags |= GEN_SHARED;
	if (!ref->by_process)
		return;
	for (nr = ref->maps; nr; nr = other->next) {
		other = map__at(ledger, nr);
		if (other->kind != KIND_GNTDEV || other->status ||
		    other->flags & (MAP_PENDING | MAP_STALE) || other->mapper != map->mapper)
			continue;
		candidates__find(rules, ledger, other, &candidates);
		if (candidates__only(&candidates) == gen)
			stale_map__judge(rules, ledger, nr, &candidates, true);
	}
	judge_copies(rules, ledger, map);
}

/*
 * Whether a domain reports a map of a ref which the granter's complete record grants to others
 * only. Xen refuses such maps, so one of the two reports is wrong. dom0 could map any page by
 * itself, so the granter is not believed against dom0.
 */
static bool is_disputed(struct ledger *ledger, const struct map *map,
			const struct candidates *candidates)
{
	const struct domain *granter = ledger->domains[map->granter];
	const struct domain *mapper = ledger->domains[map->mapper];
	struct span from;

	if (!mapper->domid || granter == mapper || !granter->feed || map->ref < RESERVED_REFS ||
	    candidates->nr || candidates->outside || !candidates->floor)
		return false;
	from = gen__live_from(candidates->floor);
	return !blind__between(ledger, NULL, granter, mapper, &from,
			       REC_BIT(REC_GRANT) | REC_BIT(REC_REVOKE) | REC_BIT(REC_RESET), &from,
			       &map->at, "");
}

/*
 * Whether the type of the granter's domain is not recorded, and the map returned the frame of no
 * candidate. In a PV domain that is a page without a recorded grant, in others it is normal.
 */
static bool is_untyped(const struct ledger *ledger, const struct map *map,
		       const struct candidates *candidates)
{
	const struct domain *granter = ledger->domains[map->granter];
	u32 i;

	if (!granter->feed || feed__fact(granter->feed, "guest_type") || !map->frame)
		return false;
	for (i = 0; i < candidates->nr; i++)
		if (!gen__is_known(candidates->gen[i]) || candidates->gen[i]->frame == map->frame)
			return false;
	return candidates->nr;
}

/* Uses a map for everything but the question whether it is stale. */
static void learn(struct rules *rules, struct ledger *ledger, struct map *map,
		  struct candidates *candidates)
{
	struct gen *only;

	/* The wider bounds may leave candidates. */
	if (causality__check_map(ledger, map, candidates) && !candidates->nr)
		candidates__find(rules, ledger, map, candidates);
	only = candidates__only(candidates);
	rules->counters.strays += candidates->stray;
	rules->counters.untyped += is_untyped(ledger, map, candidates);
	rules->counters.misnamed += owner__is_misnamed(ledger, map);
	map->undecided = candidates->stray;
	if (only && map->kind != KIND_GNTDEV && map->kind != KIND_UNKNOWN)
		share(rules, ledger, map, only);
}

/* Forgets the comparisons of the item before: this item's verdict does not rest on them. */
static void begin(struct ledger *ledger)
{
	*ledger->margin = SPAN_ONE_CLOCK;
}

static bool on_map(void *ctx, struct ledger *ledger, u32 nr)
{
	struct map *map = map__at(ledger, nr);
	struct rules *rules = ctx;
	struct candidates candidates;
	enum stale stale;

	begin(ledger);
	if (map->status) {
		stale_map_refused__judge(rules, ledger, nr);
		return false;
	}
	candidates__find(rules, ledger, map, &candidates);
	if (is_disputed(ledger, map, &candidates)) {
		rules->counters.disputed++;
		map->flags |= MAP_DISPUTED;
		return false;
	}
	if (freed_while_mapped__judge_console_map(rules, ledger, nr, &candidates))
		return false;
	if (!(map->flags & MAP_JUDGED))
		learn(rules, ledger, map, &candidates);
	stale = stale_map__judge(rules, ledger, nr, &candidates, false);
	if (stale == STALE_NO && identity__is_contested(ledger, map))
		return true;
	if (stale != STALE_YES) {
		begin(ledger);
		double_map__judge(rules, ledger, nr);
	}
	if (map->kind == KIND_GNTDEV)
		table_evidence__learn(ledger, map);
	return false;
}

static bool on_copy(void *ctx, struct ledger *ledger, u32 nr)
{
	const struct map *copy = map__at(ledger, nr);
	struct candidates candidates;
	struct rules *rules = ctx;
	struct gen *only;

	if (copy->status) {
		rules__copy_refused(rules, ledger, nr);
		return false;
	}
	candidates__find(rules, ledger, copy, &candidates);
	if (is_disputed(ledger, copy, &candidates)) {
		rules->counters.disputed++;
		return false;
	}
	if (stale_copy__is_contested(ledger, copy))
		return true;
	only = candidates__only(&candidates);
	/* Its end may tell whose it was. */
	map__at(ledger, nr)->unlinked = !only && ledger->domains[copy->granter]->feed;
	if (!stale_copy__judge(rules, ledger, nr, &candidates, false) && only &&
	    copy->kind != KIND_GNTDEV && owner__serves(ledger, copy, only) == SERVES_YES)
		share(rules, ledger, copy, only);
	return false;
}

static void judge_success(struct rules *rules, struct ledger *ledger, const struct gen_event *end)
{
	causality__check_first(rules, ledger, end->granter, end->ref, end->gen);
	near_miss__judge_end(rules, ledger, end);
	begin(ledger);
	foreign_ref_freed__judge(rules, ledger, end);
	double_free__judge_end(rules, ledger, end);
	rules__end_tells_owner(rules, ledger, end);
	if (end->since)
		deferral__over(rules, ledger, end);
}

static void judge_refusal(struct rules *rules, struct ledger *ledger, const struct gen_event *end)
{
	rules__end_refused(rules, ledger, end);
	foreign_ref_freed__judge(rules, ledger, end);
	deferral_backlog__judge(rules, ledger, end);
	rules__end_tells_owner(rules, ledger, end);
}

/* Whether the verdict on @end depends on calls on the ref at the same time. */
static bool waits(const struct ledger *ledger, const struct gen_event *end)
{
	return foreign_ref_freed__applies(end) ||
	       (end->ok ? double_free__applies(ledger, end) : rules__end_waits(ledger, end));
}

static bool on_end(void *ctx, struct ledger *ledger, const struct gen_event *end)
{
	begin(ledger);
	if (!end->again && waits(ledger, end))
		return true;
	if (end->ok)
		judge_success(ctx, ledger, end);
	else
		judge_refusal(ctx, ledger, end);
	return false;
}

static void on_arm(void *ctx, struct ledger *ledger, u32 nr)
{
	begin(ledger);
	near_miss__judge_arm(ctx, ledger, nr);
}

static void on_freed(void *ctx, struct ledger *ledger, const struct gen_event *freed)
{
	begin(ledger);
	freed_while_mapped__judge(ctx, ledger, freed);
}

static void on_freed_again(void *ctx, struct ledger *ledger, const struct gen_event *freed)
{
	begin(ledger);
	double_free__judge_free(ctx, ledger, freed);
}

static void on_granted_over(void *ctx, struct ledger *ledger, const struct gen_event *grant)
{
	begin(ledger);
	double_grant__judge(ctx, ledger, grant);
}

static void on_retried(void *ctx, struct ledger *ledger, const struct gen_event *retry)
{
	begin(ledger);
	lingering_map__judge_retry(ctx, ledger, retry);
	deferral_backlog__judge(ctx, ledger, retry);
}

static void on_unmap(void *ctx, struct ledger *ledger, u32 nr)
{
	const struct map *map = map__at(ledger, nr);
	struct rules *rules = ctx;
	struct finding *finding;

	causality__check_unmap(rules, ledger, map);
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
				 "the stale map was unmapped; no refused end was recorded");
}

static void on_partial(void *ctx, struct ledger *ledger, u32 nr)
{
	begin(ledger);
	partial_map_leak__judge(ctx, ledger, nr);
}

static void on_lost(void *ctx, struct ledger *ledger, u32 nr)
{
	begin(ledger);
	mapping_lost__judge(ctx, ledger, nr);
}

static void on_table_read(void *ctx, struct ledger *ledger, const struct table_event *event)
{
	begin(ledger);
	rules__table_read(ctx, ledger, event);
}

static void on_log(void *ctx, struct ledger *ledger, struct domain *domain, const struct span *at,
		   const char *text)
{
	grant_leak__judge_log(ctx, ledger, domain, at, text);
	outcome__log(ctx, ledger, domain, at, rules__log_line(ctx, domain->domid, at, text), text);
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
					.copy = on_copy,
					.end = on_end,
					.arm = on_arm,
					.freed = on_freed,
					.freed_again = on_freed_again,
					.granted_over = on_granted_over,
					.retried = on_retried,
					.unmap = on_unmap,
					.partial = on_partial,
					.lost = on_lost,
					.table_read = on_table_read,
					.log = on_log,
					.reset = on_reset};
}

void rules__finish(struct rules *rules, struct ledger *ledger)
{
	freed_while_mapped__judge_all(rules, ledger);
	grant_leak__judge_all(rules, ledger);
	rules__count_ungranted(rules, ledger);
	rules__count_ownerless(rules, ledger);
	causality__check_all(rules, ledger);
	order_review__all(rules, ledger);
	outcome__note_ends(rules, ledger);
	rules__settle_logs(rules);
}
