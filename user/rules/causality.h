/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Contradictions between two domains' clocks: an effect before its cause. The ledger adds them to
 * the bounds of both clocks from then on.
 */
#ifndef GRANTWATCH_RULES_CAUSALITY_H
#define GRANTWATCH_RULES_CAUSALITY_H

#include "rules/candidates.h"

/* A map of what was not granted yet. */
void causality__check_map(struct ledger *ledger, const struct map *map,
			  const struct candidates *candidates);

/* An unmap after the end that it made possible. */
void causality__check_unmap(struct ledger *ledger, const struct map *map);

#endif
