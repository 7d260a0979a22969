/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GRANTWATCH_WHEN_H
#define GRANTWATCH_WHEN_H

#include "util/types.h"

/*
 * The domain's clock has no samples: its times cannot be compared with another domain's. Small
 * enough that the sum of two does not overflow.
 */
#define CLOCK_ERR_UNKNOWN (UINT64_MAX / 8)

/* The time of an event: on the domain's own clock, and that clock's relation to Xen system time. */
struct when {
	u64 in, out; /* CLOCK_MONOTONIC of the domain, ns */
	s64 off;     /* + off is Xen system time */
	/* bound of @off, ns; CLOCK_ERR_UNKNOWN: not comparable with other domains */
	u64 err;
};

#endif
