/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of summary__collect(), in the order in which it calls them. */
#ifndef GRANTWATCH_SUMMARY_INTERNAL_H
#define GRANTWATCH_SUMMARY_INTERNAL_H

#include "rules/rules.h"
#include "summary/summary.h"

/* --- summary_side.c --- */

/* One side per capture, by domid. */
void summary__add_captures(struct summary *summary, const struct merge *merge);

/* The capture that comes as number @n when they are sorted by domid. */
u32 summary__nth_by_domid(const struct merge *merge, u32 n);

/* --- summary_pair.c --- */

/* Whether the captures are of one history, and what of it they share. */
void summary__add_pairs(struct summary *summary, const struct merge *merge);

/* --- summary_limits.c --- */

/* What looks rightful in any record of this kind (limits.h). */
void summary__add_limits(struct summary *summary, const struct ledger *ledger);

/* --- summary_trace.c --- */

/* What Xen's trace brought to the run, and what it could not. */
void summary__add_trace(struct summary *summary, const struct merge *merge);

#endif
