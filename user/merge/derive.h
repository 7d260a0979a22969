/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Clocks without calibration, derived from what the domains did to each other: a grant comes before
 * every map of it, an unmap before the end of access. Only refs whose grant and map can be paired
 * beyond doubt in what is held count, and the bound is as wide as their gaps. Pairs may deceive (a
 * grant from before recording began), so nothing is ever proven by a derived clock alone.
 */
#ifndef GRANTWATCH_DERIVE_H
#define GRANTWATCH_DERIVE_H

struct merge;

/* Derive the clocks of the inputs whose held items bring no samples. */
void derive__clocks(struct merge *merge);

#endif
