/* SPDX-License-Identifier: GPL-2.0 */
/*
 * CLOCK_MONOTONIC, with which the programs in the kernel stamp events; and the wall clock, for
 * people.
 */
#ifndef GRANTWATCH_MONOTONIC_H
#define GRANTWATCH_MONOTONIC_H

#include <time.h>

#include "util/types.h"

/* CLOCK_MONOTONIC, ns. */
static inline u64 now_mono(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (u64)ts.tv_sec * NSEC_PER_SEC + (u64)ts.tv_nsec;
}

/* CLOCK_REALTIME, ns since 1970. Only for display. */
static inline u64 now_real(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (u64)ts.tv_sec * NSEC_PER_SEC + (u64)ts.tv_nsec;
}

#endif
