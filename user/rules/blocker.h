/* SPDX-License-Identifier: GPL-2.0 */
/* Which map kept a ref busy when its end was refused? */
#ifndef GRANTWATCH_RULES_BLOCKER_H
#define GRANTWATCH_RULES_BLOCKER_H

#include "rules/rules_internal.h"

/* The map that most likely keeps the ref busy at @at, a stale one first. NULL: not known. */
struct map *blocker__find(struct ledger *ledger, struct domain *granter, u32 ref,
			  const struct span *at);

/* Whether a map that may have been in the way is still to be judged: it may be a stale one. */
bool blocker__is_open(const struct ledger *ledger, const struct gen_event *end);

#endif
