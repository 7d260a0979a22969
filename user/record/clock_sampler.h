/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What ties this domain's CLOCK_MONOTONIC to Xen's system time: readings of each CPU's pvclock
 * record between two readings of its TSC. Also owns the ring buffer, whose positions are read in
 * the same breath as the time.
 */
#ifndef GRANTWATCH_CLOCK_SAMPLER_H
#define GRANTWATCH_CLOCK_SAMPLER_H

#include "capture/format.h"
#include "event.h"
#include "record/ksyms.h"

struct clock_sampler;

/* Symbols that clock_sampler__new() wants to know about, as probes__wanted(). */
unsigned int clock_sampler__wanted(struct ksym_want *want, unsigned int room);

/* @ring_bytes: a power of two, at least a page. NULL with errno set. */
struct clock_sampler *clock_sampler__new(u32 ring_bytes, const struct ksym_want *want,
					 unsigned int nr_want);
void clock_sampler__free(struct clock_sampler *sampler);

int clock_sampler__ring_fd(const struct clock_sampler *sampler);

/*
 * For the programs: where each CPU keeps its preempt_count, and what its bits mean. Zeroes where
 * that is not known.
 */
void clock_sampler__find_preempt(struct clock_sampler *sampler, struct gw_config *config);

/* Time and ring positions now, on whatever CPU this is. 0 or -errno. */
int clock_sampler__read(struct clock_sampler *sampler, struct gw_reading *reading);

/*
 * One sample on the next CPU in turn, the best of a few tries. 0, or -errno: -ENODEV when there is
 * no pvclock record here (not a Xen domain), -EAGAIN when none of the tries was clean.
 */
int clock_sampler__sample(struct clock_sampler *sampler, struct rec_clock *rec);

#endif
