/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GRANTWATCH_WHEN_H
#define GRANTWATCH_WHEN_H

#include "util/types.h"

/*
 * No calibration: times of this domain cannot be compared with another's. Half of what fits, so
 * that two add.
 */
#define CLOCK_ERR_UNKNOWN (UINT64_MAX / 8)

/* When something happened: the domain's own clock, and how that relates to everybody's. */
struct when {
	u64 in, out; /* CLOCK_MONOTONIC of the domain, ns */
	s64 off;     /* + off is Xen system time */
	/* and it is that right; CLOCK_ERR_UNKNOWN: not comparable with other domains */
	u64 err;
};

#endif
