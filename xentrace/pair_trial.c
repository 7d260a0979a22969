// SPDX-License-Identifier: GPL-2.0
/*
 * A call without a hypercall, although no record is missing, has a wrong interval. Then the
 * intervals of the calls around it may be wrong too, and a single possibility for one of them
 * proves nothing. So calls are tested together before any result is reported.
 */
#include "pair_internal.h"

static void ignore(void *arg, struct waiting_call *call, const struct pair_span *span)
{
	(void)arg;
	(void)call;
	(void)span;
}

static void forget(struct pair_lane *lane, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++) {
		struct waiting_call *call = lane->calls[i];

		if (call->told)
			continue;
		call->why = PAIR_WHYS;
		call->too_many = call->loose = call->given_up = call->bounded = false;
	}
	for (i = 0; i < lane->nr_entries; i++)
		if (lane->entries[i].taken == TAKEN_ON_TRIAL)
			lane->entries[i].taken = TAKEN_NOT;
}

bool pair__try(struct pair *pair, struct pair_lane *lane, u32 nr)
{
	bool all = true;
	u32 i;

	pair__match(pair, lane, nr, ignore, NULL);
	for (i = 0; i < nr && all; i++)
		all = lane->calls[i]->why != PAIR_NO_CALL;
	if (all)
		forget(lane, nr);
	return all;
}

void pair__doubt(struct pair_lane *lane, u32 nr)
{
	u32 i;

	for (i = 0; i < nr; i++)
		if (!lane->calls[i]->told && lane->calls[i]->why == PAIR_FOUND)
			lane->calls[i]->why = PAIR_AMBIGUOUS;
	for (i = 0; i < lane->nr_entries; i++)
		if (lane->entries[i].taken == TAKEN_ON_TRIAL)
			lane->entries[i].taken = TAKEN_NOT;
}
