/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Gaps of a capture: lost or damaged blocks, and all times after its end. Losses that the recorder
 * counted itself are records (feed__lost_between()).
 */
#ifndef GRANTWATCH_COVERAGE_H
#define GRANTWATCH_COVERAGE_H

#include "sources/feed.h"

#define COVERAGE_GAPS 64

struct gap {
	u64 since, until; /* ns of the domain's CLOCK_MONOTONIC */
};

struct coverage {
	struct gap gap[COVERAGE_GAPS];
	u32 nr;
	u32 marks_to_close; /* marks until the last gap closes, 0 closed */
	u64 mark;	    /* the last watermark: later times have no record */
	u64 damage;	    /* counters of the reader that gaps account for */
};

void coverage__init(struct coverage *coverage);

/* Compares @feed's counters with the last call's, and opens a gap if something is missing. */
void coverage__check(struct coverage *coverage, const struct feed *feed);

/*
 * Adds a gap between two recordings: the earlier one is complete up to @since, the later one begins
 * at @until.
 */
void coverage__miss(struct coverage *coverage, u64 since, u64 until);

/* A block with @watermark was read completely. */
void coverage__mark(struct coverage *coverage, u64 watermark);

/* Whether the capture has no gap in [@from, @to]. */
bool coverage__holds(const struct coverage *coverage, u64 from, u64 to);

#endif
