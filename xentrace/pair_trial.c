// SPDX-License-Identifier: GPL-2.0
/*
 * What a call that has no hypercall says of those around it. Nothing is missing from the trace
 * there, so its interval is wrong, and then the intervals of the calls around it may be as well:
 * what seemed to be the only possibility for one of them need not be. So calls are tried together
 * before anything is said of them.
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
