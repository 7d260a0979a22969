/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A finding's timeline as SVG: a lane for each domain and actor, generations and maps as bars,
 * single moments as marks, clock error bounds as whiskers, and each step as text below. It has no
 * script, link or style sheet, so it can be embedded anywhere, and it is readable without colours.
 */
#ifndef GRANTWATCH_PICTURE_H
#define GRANTWATCH_PICTURE_H

#include <stdio.h>

#include "rules/finding.h"

/* Returns false, and prints nothing, for a finding without steps. */
bool picture__print(FILE *out, const struct finding *finding);

/* --- of the picture's own files --- */

#define PICTURE_WIDTH 1040
#define PICTURE_LEFT  190 /* left edge of the lanes, whose names come before it */
#define PICTURE_RIGHT (PICTURE_WIDTH - 20)
#define PICTURE_TOP   74
#define LANE_HEIGHT   38

/* An actor: domain and subsystem, and the process if there is one. */
struct picture_lane {
	u16 domid;
	enum kind kind;
	const char *comm;
	bool log; /* for the domain's kernel log */
};

struct picture {
	const struct finding *finding;
	struct picture_lane lane[FINDING_STEPS];
	u32 nr_lanes;
	u32 lane_of[FINDING_STEPS]; /* by step */
	double at[FINDING_STEPS];   /* x of each step */
};

/*
 * Places the lanes in order of their first step, the granter's first, and sets the x of each step.
 */
void picture__lay_out(struct picture *picture, const struct finding *finding);

/* Returns x for a time. Gaps between steps are drawn by the logarithm of their length. */
double picture__x(const struct picture *picture, u64 ns);

/* Middle of a lane. */
static inline double lane__y(u32 lane)
{
	return PICTURE_TOP + lane * LANE_HEIGHT + LANE_HEIGHT / 2.0;
}

#endif
