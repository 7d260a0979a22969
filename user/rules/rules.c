// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <stdlib.h>

#include "rules/frames.h"
#include "rules/rules.h"

struct rules *rules__new(void)
{
	return calloc(1, sizeof(struct rules));
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

static void on_map(void *ctx, struct ledger *ledger, u32 nr)
{
	struct map *map = map__at(ledger, nr);
	struct rules *rules = ctx;
	struct landing landing;

	if (map->status) {
		rules__refused_map(rules, ledger, nr);
		return;
	}
	rules__landing(rules, ledger, map, &landing);
	if (landing.nr == 1 && !landing.outside) {
		map->gen = landing.best->number;
		if (map->kind != KIND_GNTDEV && map->kind != KIND_UNKNOWN)
			landing.best->flags |= GEN_SHARED;
	}
	rules__stale_map(rules, ledger, nr, &landing);
}

static void on_end(void *ctx, struct ledger *ledger, struct domain *granter, u32 ref,
		   u32 gen_number, bool ok, const struct span *at, u32 stack, u32 task)
{
	struct gen *gen = ledger__gen(ledger, domain__ref(granter, ref), gen_number);

	/* So many lives since that this one left the history: nothing to say. */
	if (!gen)
		return;
	if (ok)
		rules__end_ok(ctx, ledger, granter, ref, gen, at);
	else
		rules__end_refused(ctx, ledger, granter, ref, gen, at, stack, task);
}

static void on_arm(void *ctx, struct ledger *ledger, u32 nr)
{
	rules__arm(ctx, ledger, nr);
}

static void on_freed(void *ctx, struct ledger *ledger, struct domain *granter, u32 ref,
		     u32 gen_number, const struct span *at, u32 stack, u32 task)
{
	struct gen *gen = ledger__gen(ledger, domain__ref(granter, ref), gen_number);

	if (gen)
		rules__freed(ctx, ledger, granter, ref, gen, at, stack, task);
}

static void on_unmap(void *ctx, struct ledger *ledger, u32 nr)
{
	const struct map *map = map__at(ledger, nr);
	struct rules *rules = ctx;
	struct finding *finding;

	if (!map->finding || !(map->flags & MAP_STALE))
		return;
	finding = rules->findings.item[map->finding - 1];
	finding__step(finding, ledger->domains[map->mapper]->domid, &map->unmap, false,
		      "ref %u is unmapped again", map->ref);
	finding__sort_steps(finding);
	if (finding->outcome == OUTCOME_NONE)
		finding__outcome(finding, OUTCOME_UNMAPPED,
				 "the wrong map is gone again; no refused revoke was seen");
}

static void on_log(void *ctx, struct ledger *ledger, struct domain *domain, const struct span *at,
		   const char *text)
{
	rules__log(ctx, ledger, domain, at, text);
}

struct ledger_listener rules__listener(struct rules *rules)
{
	return (struct ledger_listener){.ctx = rules,
					.map = on_map,
					.end = on_end,
					.arm = on_arm,
					.freed = on_freed,
					.unmap = on_unmap,
					.log = on_log};
}
