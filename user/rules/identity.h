/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Evidence by identity: two mappers have one page through one ref, and at most one of them is
 * meant.
 */
#ifndef GRANTWATCH_RULES_IDENTITY_H
#define GRANTWATCH_RULES_IDENTITY_H

#include "rules/rules_internal.h"

/* Whether at most one of these two maps of one page can be meant. */
bool identity__conflict(struct ledger *ledger, const struct map *a, const struct map *b);

/* Whether both maps surely existed at one time, in one domain. */
bool identity__at_once(const struct ledger *ledger, const struct map *a, const struct map *b);

/*
 * Whether another map of the same page seems open. Its unmap may be under way, so the first verdict
 * on @map cannot rest on it.
 */
bool identity__is_contested(const struct ledger *ledger, const struct map *map);

#endif
