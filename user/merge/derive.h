/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Clocks without samples, derived from events: a grant precedes every map of it, an unmap precedes
 * the successful end. Only held refs with one grant and one map count. The bound is as wide as the
 * gaps between these events. A grant from before recording can make a pair wrong, so a derived
 * clock alone proves nothing.
 */
#ifndef GRANTWATCH_DERIVE_H
#define GRANTWATCH_DERIVE_H

struct merge;

/* Derives the clocks of inputs whose held items have no samples. */
void derive__clocks(struct merge *merge);

#endif
