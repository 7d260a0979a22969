/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A domain's wall clock, as an offset to another of its clocks. It is only shown: no verdict
 * depends on it, as anybody may set it at any time.
 */
#ifndef GRANTWATCH_MODEL_WALL_H
#define GRANTWATCH_MODEL_WALL_H

#include "util/types.h"

#define WALL_POINTS 64u
/* Times are ns since 1970-01-01 00:00 UTC, from 1970 up to here: the year 2200. */
#define WALL_MAX ((u64)7258118400 * NSEC_PER_SEC)
/* Maximum of the other clock, sixty years, so that the difference of two offsets fits s64. */
#define WALL_AT_MAX ((u64)1892160000 * NSEC_PER_SEC)
/* A jump that is said. */
#define WALL_STEP NSEC_PER_SEC
/* Bytes for "2026-03-30T12:53:08.123+00:00". */
#define WALL_TEXT 32

struct wall_point {
	u64 at;	 /* on the other clock, ns */
	s64 off; /* from @at on, @at + @off is wall-clock time */
};

struct wall {
	struct wall_point point[WALL_POINTS]; /* by time */
	u32 nr;
	u64 tolerance; /* ns; smaller changes add no point */
	/* the largest jump between two readings, and the times of the other clock around it */
	s64 step;
	u64 step_from, step_to;
	u64 last; /* time of the newest reading */
};

/*
 * Adds a reading: wall-clock time was @real at @at. Readings come in order; impossible ones are
 * ignored.
 */
void wall__add(struct wall *wall, u64 at, u64 real);

/* Returns wall-clock time at @at, 0 unknown. Before the first reading its offset is used. */
u64 wall__at(const struct wall *wall, u64 at);

/*
 * Sets the earliest and the latest wall-clock time between @from and @to, which differ from those
 * at @from and @to if the clock was set. Returns false if unknown.
 */
bool wall__range(const struct wall *wall, u64 from, u64 to, u64 *earliest, u64 *latest);

/*
 * Writes RFC 3339 in UTC, to the millisecond; "" for 0. @buf has at least WALL_TEXT bytes. Returns
 * @buf.
 */
const char *wall__text(u64 real, char *buf, size_t size);

/*
 * Parses RFC 3339, "2026-03-30T12:53:08.123+02:00". Without an offset it is UTC; a blank may
 * replace the T. Returns false if it is no time.
 */
bool wall__parse(const char *text, u64 *real);

#endif
