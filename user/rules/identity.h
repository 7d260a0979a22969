/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Evidence by identity: one page held through one ref by two mappers, of which at most one can be
 * meant.
 */
#ifndef GRANTWATCH_RULES_IDENTITY_H
#define GRANTWATCH_RULES_IDENTITY_H

#include "rules/rules_internal.h"

/* Whether at most one of these two mappers of one page can be meant. */
bool identity__conflict(struct ledger *ledger, const struct map *a, const struct map *b);

/* Whether both were surely mapped at one time, by one domain. */
bool identity__at_once(const struct ledger *ledger, const struct map *a, const struct map *b);

/*
 * Whether another map of the same page seems open. Its unmap may be under way, so nothing rests on
 * that when @map is judged for the first time.
 */
bool identity__is_contested(const struct ledger *ledger, const struct map *map);

#endif
