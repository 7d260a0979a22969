// SPDX-License-Identifier: GPL-2.0
/*
 * Announcements of refs without a recorded grant before them, and without a map. The ref was
 * granted before the recording and has not ended, or it had ended when the process announced it.
 */
#include "rules/rules_internal.h"

struct ungranted_sweep {
	struct rules *rules;
	struct ledger *ledger;
};

/* Whether a map was tried through @arm. Its verdict says what is unknown. */
static bool was_tried(const struct ledger *ledger, const struct ref *state, const struct arm *arm)
{
	const struct map *map;
	u32 nr;

	for (nr = state->maps; nr; nr = map->next) {
		map = map__at(ledger, nr);
		if (map->call == arm->call)
			return true;
	}
	return arm->flags & ARM_MAPPED;
}

/* Whether @first is the only grant on record, still live, and surely came after @arm. */
static bool is_before(const struct ungranted_sweep *sweep, const struct arm *arm,
		      const struct gen *first)
{
	const struct call *call = call__at(sweep->ledger, arm->call);

	return first->number == 1 && !(first->flags & (GEN_ADOPTED | GEN_ENDED)) &&
	       ledger__before(sweep->ledger, call->mapper, &call->at, arm->granter, &first->grant);
}

static void count(void *ctx, u32 ref, struct ref *state)
{
	const struct ungranted_sweep *sweep = ctx;
	const struct gen *newest = gen__at(sweep->ledger, state->gen);
	const struct arm *arm;
	u32 nr;

	if (ref < RESERVED_REFS)
		return;
	for (nr = state->arms; nr; nr = arm->next) {
		arm = arm__at(sweep->ledger, nr);
		if ((!newest || is_before(sweep, arm, newest)) &&
		    !was_tried(sweep->ledger, state, arm))
			sweep->rules->counters.ungranted++;
	}
}

void rules__count_ungranted(struct rules *rules, struct ledger *ledger)
{
	struct ungranted_sweep sweep = {rules, ledger};
	u32 i;

	for (i = 0; i < ledger->nr_domains; i++)
		if (ledger->domains[i]->feed)
			domain__each_ref(ledger->domains[i], count, &sweep);
}
