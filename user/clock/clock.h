/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One domain's CLOCK_MONOTONIC on Xen system time (nanoseconds since Xen booted, one epoch for
 * every domain of a host), with an error bound for every point.
 *
 * A sample is a pvclock record and two TSC readings around a reading of CLOCK_MONOTONIC (struct
 * rec_clock). Between two samples time is interpolated. The clock error bound is a sum, without
 * assumptions about the hardware:
 * - Half the width of the samples' brackets.
 * - The distance of recent samples from the line between their neighbours. It shows CPUs which
 *   disagree, an unstable calibration, a change of clocksource.
 * - The jumps back and forth of the last seconds, from a vCPU moving between CPUs with different
 *   clocks. It may also have moved between samples.
 * - A floor for errors invisible to sampling on one CPU at a time.
 *
 * A domain whose capture has no samples may get its offset from rightful cycles instead (derive.h).
 */
#ifndef GRANTWATCH_CLOCK_H
#define GRANTWATCH_CLOCK_H

#include "capture/format.h"
#include "model/when.h"

#define CLOCK_WINDOW 32
#define CLOCK_STEPS  16

struct clock_sample {
	u64 mono;
	u64 system; /* middle of the bracket */
	u64 half;   /* half of its width */
	u64 resid;  /* distance from the line between its neighbours, ns */
};

/* A jump that no drift explains. */
struct clock_step {
	u64 nr;	  /* of the sample behind it */
	u64 mono; /* that sample's */
	u64 size; /* ns */
};

struct clock {
	struct clock_step step[CLOCK_STEPS];	  /* ring, newest at (steps - 1) % CLOCK_STEPS */
	struct clock_sample sample[CLOCK_WINDOW]; /* ring, newest at (nr - 1) % CLOCK_WINDOW */
	u64 nr;
	u64 steps;   /* number of jumps that no drift explains */
	u64 err_max; /* largest bound returned so far, ns */
	/* The segment in use; seg_to 0: none. */
	u64 seg_from, seg_to, seg_system;
	double seg_rate;
	u64 seg_err;
	/* Beyond the newest sample (number ext_nr): the bound there, ns, and its growth, ppm. */
	u64 ext_nr, ext_err, ext_ppm;
	/* Without samples: offset and bound derived from events with other domains. */
	bool derived;
	s64 derived_off;
	u64 derived_err; /* at derived_at, ns; grows with the distance by derived_ppm */
	u64 derived_at;
	u32 derived_ppm;
};

/* A point of the common clock: the true value lies in [ns - err, ns + err]. */
struct moment {
	u64 ns;
	u64 err;
};

void clock__init(struct clock *clock);

/* Adds a sample. Samples come in order of their CLOCK_MONOTONIC. */
void clock__add(struct clock *clock, const struct rec_clock *rec);

/* Returns Xen system time at @mono. Without a sample, err is CLOCK_ERR_UNKNOWN and ns is @mono. */
struct moment clock__at(struct clock *clock, u64 mono);

/*
 * Sets the offset derived from events, which counts while there are no samples. Its bound is @err
 * at @at, and grows by @ppm with the distance.
 */
void clock__derive(struct clock *clock, s64 off, u64 err, u64 at, u32 ppm);

/* Xen system time, ns, at @tsc by the numbers of a pvclock record. */
u64 pvclock__system_time(u64 tsc, u64 stamp, u64 system_time, u32 mul, s32 shift);

#endif
