/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Relates this domain's CLOCK_MONOTONIC to Xen system time: reads each CPU's pvclock record between
 * two readings of its TSC. Also owns the ring buffer, whose positions are read together with the
 * time.
 */
#ifndef GRANTWATCH_CLOCK_SAMPLER_H
#define GRANTWATCH_CLOCK_SAMPLER_H

#include "capture/format.h"
#include "event.h"
#include "record/ksyms.h"

struct clock_sampler;

/* Adds the symbols that clock_sampler__new() needs, like probes__wanted(). */
unsigned int clock_sampler__wanted(struct ksym_want *want, unsigned int room);

/* @ring_bytes: a power of two, at least a page. Returns NULL with errno set on failure. */
struct clock_sampler *clock_sampler__new(u32 ring_bytes, const struct ksym_want *want,
					 unsigned int nr_want);
void clock_sampler__free(struct clock_sampler *sampler);

int clock_sampler__ring_fd(const struct clock_sampler *sampler);

/*
 * Sets where each CPU keeps its preempt_count, and the meaning of its bits, for the programs.
 * Zeroes if unknown.
 */
void clock_sampler__find_preempt(struct clock_sampler *sampler, struct gw_config *config);

/* Reads time and ring positions on the current CPU. Returns 0 or -errno. */
int clock_sampler__read(struct clock_sampler *sampler, struct gw_reading *reading);

/*
 * Takes one sample on the next CPU in turn, the best of a few tries. Returns 0, -ENODEV without a
 * pvclock record (not a Xen domain), -EAGAIN if no try was clean, or another -errno.
 */
int clock_sampler__sample(struct clock_sampler *sampler, struct rec_clock *rec);

#endif
