/* SPDX-License-Identifier: GPL-2.0 */
/* The parts of summary__collect(), in the order in which it calls them. */
#ifndef GRANTWATCH_SUMMARY_INTERNAL_H
#define GRANTWATCH_SUMMARY_INTERNAL_H

#include "rules/rules.h"
#include "summary/summary.h"

/* --- summary_side.c --- */

/* One side per capture, by domid. */
void summary__add_captures(struct summary *summary, const struct merge *merge);

/* --- summary_trace.c --- */

/* What Xen's trace brought to the run, and what it could not. */
void summary__add_trace(struct summary *summary, const struct merge *merge);

#endif
