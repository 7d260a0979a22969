/* SPDX-License-Identifier: GPL-2.0 */
/* The clock that measures time here: CLOCK_MONOTONIC, as the kernel's probes stamp their events. */
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

#endif
