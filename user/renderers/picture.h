/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A finding's timeline as SVG: a lane for each domain and actor, generations and maps as bars, what
 * happens at one moment as marks, bounds of the clocks as whiskers, and below it each step in
 * words. It has no script, no link and no style sheet, so that it can be embedded anywhere, and can
 * be read without colours.
 */
#ifndef GRANTWATCH_PICTURE_H
#define GRANTWATCH_PICTURE_H

#include <stdio.h>

#include "rules/finding.h"

/* Nothing is printed of a finding without steps: false. */
bool picture__print(FILE *out, const struct finding *finding);

/* --- of the picture's own files --- */

#define PICTURE_WIDTH 1040
#define PICTURE_LEFT  190 /* of the lanes; their names stand before */
#define PICTURE_RIGHT (PICTURE_WIDTH - 20)
#define PICTURE_TOP   74
#define LANE_HEIGHT   38

/* Who did it; domain and kind, and the process where there is one. */
struct picture_lane {
	u16 domid;
	enum kind kind;
	const char *comm;
	bool log; /* the kernel's log of the domain */
};

struct picture {
	const struct finding *finding;
	struct picture_lane lane[FINDING_STEPS];
	u32 nr_lanes;
	u32 lane_of[FINDING_STEPS]; /* by step */
	double at[FINDING_STEPS];   /* x of each step */
};

/* Lanes in the order of their first step, the granter's first; the x of each step. */
void picture__lay_out(struct picture *picture, const struct finding *finding);

/* x of any time: the axis is no straight one, gaps are drawn by the logarithm of their length. */
double picture__x(const struct picture *picture, u64 ns);

/* Middle of a lane. */
static inline double lane__y(u32 lane)
{
	return PICTURE_TOP + lane * LANE_HEIGHT + LANE_HEIGHT / 2.0;
}

#endif
