/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A clock sample is as good as the time between its two TSC readings is short. On a busy vCPU an
 * interrupt or another vCPU may come in between, which the time shows.
 */
#ifndef GRANTWATCH_BEST_SAMPLE_H
#define GRANTWATCH_BEST_SAMPLE_H

#include "capture/format.h"

struct best_sample {
	u64 narrowest; /* TSC ticks between the readings of the best sample so far; 0: none yet */
};

/* Takes one sample; 0, -EAGAIN when it is torn, another -errno when there is none to be had. */
typedef int (*sample_fn)(void *arg, struct rec_clock *rec);

/*
 * The best of a few samples, of more when they all seem to have been interrupted: when they are
 * much wider than one before. 0, or -errno of @sample.
 */
int best_sample__take(struct best_sample *best, sample_fn sample, void *arg, struct rec_clock *rec);

#endif
