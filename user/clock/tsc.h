/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One domain's CLOCK_MONOTONIC and the host's TSC, which stamps Xen's trace. For a PV dom0 only,
 * whose TSC is the host's. The pvclock record of the first sample scales the TSC to nanoseconds.
 * This rate may be inexact: each sample sets the relation of the two clocks anew, and its distance
 * from its neighbours is part of the bound (clock.h).
 */
#ifndef GRANTWATCH_TSC_H
#define GRANTWATCH_TSC_H

#include "clock/clock.h"

#define TSC_JUMPS 16

struct tsc_clock {
	struct clock clock;    /* CLOCK_MONOTONIC to the TSC in ns */
	struct rec_clock base; /* mul 0: no sample yet */
	/*
	 * ns by which the two clocks moved against each other between recent samples.
	 * CLOCK_MONOTONIC may come from pvclock records of pCPUs which disagree. It then jumps back
	 * and forth as the vCPU moves, also between samples.
	 */
	u64 jump[TSC_JUMPS];
	u64 nr_jumps;
	s64 last_off;
	u64 err_max; /* widest bound handed out */
};

void tsc_clock__init(struct tsc_clock *tsc_clock);
void tsc_clock__add(struct tsc_clock *tsc_clock, const struct rec_clock *rec);

/* Whether there was a sample. */
static inline bool tsc_clock__is_set(const struct tsc_clock *tsc_clock)
{
	return tsc_clock->base.mul && tsc_clock->clock.nr;
}

/* Returns the TSC in ns at @mono. Without a sample, err is CLOCK_ERR_UNKNOWN. */
struct moment tsc_clock__at(struct tsc_clock *tsc_clock, u64 mono);

/* TSC ticks to ns, and back, rounded down. */
u64 tsc_clock__ns(const struct tsc_clock *tsc_clock, u64 tsc);
u64 tsc_clock__tsc(const struct tsc_clock *tsc_clock, u64 ns);

#endif
