/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A clock sample is the better, the shorter the time between its two TSC readings. An interrupt or
 * another vCPU in between shows as a longer time.
 */
#ifndef GRANTWATCH_BEST_SAMPLE_H
#define GRANTWATCH_BEST_SAMPLE_H

#include "capture/format.h"

struct best_sample {
	u64 narrowest; /* TSC ticks between the readings of the best sample so far, 0 none */
};

/* Takes one sample. Returns 0, -EAGAIN for a torn one, or another -errno if there is none. */
typedef int (*sample_fn)(void *arg, struct rec_clock *rec);

/*
 * Takes the best of a few samples, and tries more if all are much wider than an earlier one.
 * Returns 0, or -errno of @sample.
 */
int best_sample__take(struct best_sample *best, sample_fn sample, void *arg, struct rec_clock *rec);

#endif
