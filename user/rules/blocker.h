/* SPDX-License-Identifier: GPL-2.0 */
/* Which map kept a ref busy when its end was refused? */
#ifndef GRANTWATCH_RULES_BLOCKER_H
#define GRANTWATCH_RULES_BLOCKER_H

#include "rules/rules_internal.h"

/*
 * Returns the map that most likely kept the ref busy at @at, stale maps first; NULL if none is
 * known.
 */
struct map *blocker__find(struct ledger *ledger, struct domain *granter, u32 ref,
			  const struct span *at);

/* Whether a map that may have kept the ref busy has no verdict yet. It may be stale. */
bool blocker__is_open(const struct ledger *ledger, const struct gen_event *end);

#endif
