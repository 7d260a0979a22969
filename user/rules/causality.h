/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Contradictions between two domains' clocks: by the clocks, an effect precedes its cause. The
 * ledger then widens both domains' bounds.
 */
#ifndef GRANTWATCH_RULES_CAUSALITY_H
#define GRANTWATCH_RULES_CAUSALITY_H

#include "rules/candidates.h"

/*
 * Checks a map that by the clocks came before its grant or after its end. Returns whether the
 * clocks contradict each other.
 */
bool causality__check_map(struct ledger *ledger, const struct map *map,
			  const struct candidates *candidates);

/*
 * Checks the maps before the first grant of @ref of @granter, whose generation has ended. The
 * clocks then surely place these maps before the grant.
 */
void causality__check_first(struct rules *rules, struct ledger *ledger,
			    const struct domain *granter, u32 ref, const struct gen *gen);

/* The same at the end of all captures, for live generations. */
void causality__check_all(struct rules *rules, struct ledger *ledger);

/*
 * Checks an unmap that by the clocks came after the end which it made possible. A gap too large for
 * a clock error counts as a stray map.
 */
void causality__check_unmap(struct rules *rules, struct ledger *ledger, const struct map *map);

#endif
