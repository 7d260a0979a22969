/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A map that is of no generation that the clocks allow, though Xen let it be made: the clocks are
 * off by more than their bounds, or a grant was not seen.
 */
#ifndef GRANTWATCH_RULES_UNPLACED_H
#define GRANTWATCH_RULES_UNPLACED_H

#include "rules/candidates.h"

/*
 * @map has no candidate, or by @pv's exact frames none of them can be it. Where the granter's
 * record is whole there, sets off, or stray where that is no error of clocks; where it is not, a
 * grant may just not have been recorded, and outside is all that is known.
 */
void unplaced__explain(struct ledger *ledger, const struct map *map, struct candidates *candidates,
		       bool pv);

/* Whether clocks may be off by @off ns. What is further apart was not seen. */
bool unplaced__is_clock(u64 off);

/*
 * ns by which @map came before the first grant of its ref on record, @gen, by the clocks, though
 * that grant takes an end of what was mapped and none is on record; 0 if it did not, or if that may
 * have been unseen.
 */
u64 unplaced__before_first(struct ledger *ledger, const struct map *map, const struct gen *gen);

#endif
