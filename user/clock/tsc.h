/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One domain's CLOCK_MONOTONIC and the host's raw TSC, which Xen's trace is stamped with. For a PV
 * dom0 only: its TSC is the host's.
 *
 * The TSC is scaled to nanoseconds by the pvclock record of the first sample. This rate may be
 * inexact: each sample sets the relation of the two clocks anew, and its distance from the
 * neighbours is part of the bound (clock.h).
 */
#ifndef GRANTWATCH_TSC_H
#define GRANTWATCH_TSC_H

#include "clock/clock.h"

#define TSC_JUMPS 16

struct tsc_clock {
	struct clock clock;    /* CLOCK_MONOTONIC to the TSC in nanoseconds */
	struct rec_clock base; /* mul 0: no sample yet */
	/*
	 * ns: movement of the two clocks against each other between recent samples.
	 * CLOCK_MONOTONIC may come from pvclock records of pCPUs which disagree. A vCPU moving
	 * between them jumps back and forth, also between the samples.
	 */
	u64 jump[TSC_JUMPS];
	u64 nr_jumps;
	s64 last_off;
	u64 err_max; /* widest bound handed out */
};

void tsc_clock__init(struct tsc_clock *tsc_clock);
void tsc_clock__add(struct tsc_clock *tsc_clock, const struct rec_clock *rec);

/* Whether there is anything to go by. */
static inline bool tsc_clock__is_set(const struct tsc_clock *tsc_clock)
{
	return tsc_clock->base.mul && tsc_clock->clock.nr;
}

/* The TSC in nanoseconds at @mono; err is CLOCK_ERR_UNKNOWN without a sample. */
struct moment tsc_clock__at(struct tsc_clock *tsc_clock, u64 mono);

/* A TSC in nanoseconds, and back, rounded down. */
u64 tsc_clock__ns(const struct tsc_clock *tsc_clock, u64 tsc);
u64 tsc_clock__tsc(const struct tsc_clock *tsc_clock, u64 ns);

#endif
