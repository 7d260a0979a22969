/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of summary__collect(), in order of their calls. */
#ifndef GRANTWATCH_SUMMARY_INTERNAL_H
#define GRANTWATCH_SUMMARY_INTERNAL_H

#include "rules/rules.h"
#include "summary/summary.h"

/* --- summary_side.c --- */

/* Adds a side for each capture, by domid. */
void summary__add_captures(struct summary *summary, const struct merge *merge);

/* Returns capture number @n in order of domids. */
u32 summary__nth_by_domid(const struct merge *merge, u32 n);

/* --- summary_pair.c --- */

/* Adds whether the captures can be compared, and the times that they share. */
void summary__add_pairs(struct summary *summary, const struct merge *merge);

/* --- summary_limits.c --- */

/* Adds the limits of the run's kind of record (limits.h). */
void summary__add_limits(struct summary *summary, const struct ledger *ledger);

/* --- summary_trace.c --- */

/* Adds the results and the blind spots of Xen's trace. */
void summary__add_trace(struct summary *summary, const struct merge *merge);

#endif
