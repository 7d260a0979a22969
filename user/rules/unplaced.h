/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Maps that match no recorded generation within the clock error bounds, although Xen permitted
 * them. Either the bounds are wrong or a grant is unrecorded.
 */
#ifndef GRANTWATCH_RULES_UNPLACED_H
#define GRANTWATCH_RULES_UNPLACED_H

#include "rules/candidates.h"

/*
 * For @map without a candidate, by time or by the exact frames of a @pv granter. If the granter's
 * record is complete at that time: sets ->off (ns), or ->stray if no clock error explains the map.
 * Otherwise sets ->outside, as a grant may be unrecorded.
 */
void unplaced__explain(struct ledger *ledger, const struct map *map, struct candidates *candidates,
		       bool pv);

/* Whether a clock error of @off ns is plausible. A larger gap means an unrecorded event. */
bool unplaced__is_clock(u64 off);

/*
 * Returns by how many ns @map precedes @gen, the first recorded grant of its ref. A new grant needs
 * the end of the mapped one, and no end is recorded. Returns 0 if @map does not precede @gen, or if
 * the end may be unrecorded.
 */
u64 unplaced__before_first(struct ledger *ledger, const struct map *map, const struct gen *gen);

#endif
