/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What of a capture is missing altogether: blocks that were lost or damaged, and everything after
 * its end. Losses that the recorder itself knows of are records, feed__lost_between() has those.
 */
#ifndef GRANTWATCH_COVERAGE_H
#define GRANTWATCH_COVERAGE_H

#include "sources/feed.h"

#define COVERAGE_GAPS 64

struct gap {
	u64 since, until; /* of the domain's CLOCK_MONOTONIC */
};

struct coverage {
	struct gap gap[COVERAGE_GAPS];
	u32 nr;
	u32 marks_to_close; /* marks until the last gap is over; 0: it is */
	u64 mark;	    /* last watermark read: nothing is known after it */
	u64 damage;	    /* what of the reader's counters has been turned into gaps */
};

void coverage__init(struct coverage *coverage);

/* Look at @feed's counters: has anything gone missing since the last call? */
void coverage__check(struct coverage *coverage, const struct feed *feed);

/* Nothing was recorded from @since, where the last mark is, to @until, where the next will be. */
void coverage__miss(struct coverage *coverage, u64 since, u64 until);

/* A block with @watermark was read to its end. */
void coverage__mark(struct coverage *coverage, u64 watermark);

/* Whether all of [@from, @to] was captured. */
bool coverage__holds(const struct coverage *coverage, u64 from, u64 to);

#endif
