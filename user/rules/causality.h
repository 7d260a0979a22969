/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Contradictions between two domains' clocks: an effect before its cause. The ledger adds them to
 * the bounds of both clocks from then on.
 */
#ifndef GRANTWATCH_RULES_CAUSALITY_H
#define GRANTWATCH_RULES_CAUSALITY_H

#include "rules/candidates.h"

/* A map of what was not granted yet, or no more. Returns whether the clocks contradict it. */
bool causality__check_map(struct ledger *ledger, const struct map *map,
			  const struct candidates *candidates);

/*
 * A generation of @ref of @granter ended. By then the maps that came before the first grant of the
 * ref are known to have done so, however far the clocks are off.
 */
void causality__check_first(struct rules *rules, struct ledger *ledger,
			    const struct domain *granter, u32 ref, const struct gen *gen);

/* The same at the end of all captures, for generations that have not ended. */
void causality__check_all(struct rules *rules, struct ledger *ledger);

/*
 * An unmap after the end that it made possible. One that came too late for an error of the clocks
 * counts as a map of no grant on record.
 */
void causality__check_unmap(struct rules *rules, struct ledger *ledger, const struct map *map);

#endif
