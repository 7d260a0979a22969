/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Wall-clock time of a domain: what to add to a time of another of its clocks. It is only shown,
 * and no verdict depends on it, as anybody may set it at any time.
 */
#ifndef GRANTWATCH_MODEL_WALL_H
#define GRANTWATCH_MODEL_WALL_H

#include "util/types.h"

#define WALL_POINTS 64u
/* Times are ns since 1970-01-01 00:00 UTC, from 1970 up to here: the year 2200. */
#define WALL_MAX ((u64)7258118400 * NSEC_PER_SEC)
/* Of the other clock: sixty years. Differences of two offsets fit s64 with both. */
#define WALL_AT_MAX ((u64)1892160000 * NSEC_PER_SEC)
/* A jump that is said. */
#define WALL_STEP NSEC_PER_SEC
/* Enough for "2026-03-30T12:53:08.123+00:00". */
#define WALL_TEXT 32

struct wall_point {
	u64 at;	 /* on the other clock, ns */
	s64 off; /* from then on, + off is wall-clock time */
};

struct wall {
	struct wall_point point[WALL_POINTS]; /* by time */
	u32 nr;
	u64 tolerance; /* ns: what differs by less from the last point is no new one */
	/* the largest jump between two readings, and between which times of the other clock */
	s64 step;
	u64 step_from, step_to;
	u64 last; /* time of the newest reading */
};

/* A reading: it was @real at @at. Readings come in order; what cannot be is passed over. */
void wall__add(struct wall *wall, u64 at, u64 real);

/* Wall-clock time at @at, 0 unknown. Before the first reading that one's offset counts. */
u64 wall__at(const struct wall *wall, u64 at);

/*
 * The earliest and the latest wall-clock time between @from and @to: not those of the two where the
 * clock was set in between. False: unknown.
 */
bool wall__range(const struct wall *wall, u64 from, u64 to, u64 *earliest, u64 *latest);

/* RFC 3339 in UTC, to the millisecond; "" for 0. @buf has WALL_TEXT bytes at least. */
const char *wall__text(u64 real, char *buf, size_t size);

/*
 * Parse RFC 3339, "2026-03-30T12:53:08.123+02:00"; without an offset from UTC it is UTC, a blank may
 * stand for the T. False: it is no such time.
 */
bool wall__parse(const char *text, u64 *real);

#endif
