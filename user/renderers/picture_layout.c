// SPDX-License-Identifier: GPL-2.0
#include <math.h>
#include <string.h>

#include "renderers/picture.h"

#define EDGE 34 /* width before the first and after the last step */

static bool lane__is(const struct picture_lane *lane, const struct step *step)
{
	bool log = step->type == STEP_LOG;

	return lane->domid == step->domid && lane->log == log &&
	       (log || (lane->kind == step->kind && !strcmp(lane->comm, step->comm)));
}

/* An end by an unknown actor is in the lane of its generation's grant. */
static const struct step *actor(const struct finding *finding, const struct step *step)
{
	u32 i;

	if (step->type != STEP_END || step->kind != KIND_UNKNOWN)
		return step;
	for (i = 0; i < finding->nr_steps; i++)
		if (finding->steps[i].type == STEP_GRANT &&
		    finding->steps[i].number == step->number)
			return &finding->steps[i];
	return step;
}

static u32 find_lane(struct picture *picture, const struct step *step)
{
	u32 i;

	for (i = 0; i < picture->nr_lanes; i++)
		if (lane__is(&picture->lane[i], step))
			return i;
	picture->lane[i] = (struct picture_lane){.domid = step->domid,
						 .kind = step->kind,
						 .comm = step->comm,
						 .log = step->type == STEP_LOG};
	picture->nr_lanes++;
	return i;
}

static void add_lanes(struct picture *picture, bool granter)
{
	const struct finding *finding = picture->finding;
	u32 i;

	for (i = 0; i < finding->nr_steps; i++)
		if ((finding->steps[i].domid == finding->granter) == granter)
			picture->lane_of[i] =
				find_lane(picture, actor(finding, &finding->steps[i]));
}

/*
 * Steps are sorted. Each gap gets a width by the logarithm of its length, then all are stretched to
 * the full width.
 */
static void place_steps(struct picture *picture)
{
	const struct finding *finding = picture->finding;
	double width = PICTURE_RIGHT - PICTURE_LEFT - 2 * EDGE, sum = 0;
	u32 i;

	for (i = 0; i < finding->nr_steps; i++) {
		if (i) {
			u64 gap = finding->steps[i].ns - finding->steps[i - 1].ns;

			sum += gap ? 12 + 12 * log10(1 + (double)gap / 1e4) : 0;
		}
		picture->at[i] = sum;
	}
	for (i = 0; i < finding->nr_steps; i++)
		picture->at[i] =
			PICTURE_LEFT + EDGE + (sum > 0 ? picture->at[i] / sum * width : width / 2);
}

void picture__lay_out(struct picture *picture, const struct finding *finding)
{
	memset(picture, 0, sizeof(*picture));
	picture->finding = finding;
	add_lanes(picture, true);
	add_lanes(picture, false);
	place_steps(picture);
}

/* Beyond both ends the scale is that of the nearest two steps, as far as there is room. */
static double beyond(const struct picture *picture, u32 from, u32 to, u64 ns)
{
	const struct step *a = &picture->finding->steps[from], *b = &picture->finding->steps[to];
	double slope = a->ns == b->ns ? 0
				      : (picture->at[to] - picture->at[from]) /
						((double)b->ns - (double)a->ns);
	double off = ((double)ns - (double)b->ns) * slope;

	return picture->at[to] + (off > EDGE - 4 ? EDGE - 4 : off < 4 - EDGE ? 4 - EDGE : off);
}

double picture__x(const struct picture *picture, u64 ns)
{
	const struct finding *finding = picture->finding;
	const struct step *steps = finding->steps;
	u32 i, last = finding->nr_steps - 1;

	if (ns <= steps[0].ns)
		return beyond(picture, min(1u, last), 0, ns);
	if (ns >= steps[last].ns)
		return beyond(picture, last ? last - 1 : 0, last, ns);
	for (i = 1; ns > steps[i].ns; i++)
		;
	return picture->at[i - 1] + (double)(ns - steps[i - 1].ns) /
					    (double)(steps[i].ns - steps[i - 1].ns) *
					    (picture->at[i] - picture->at[i - 1]);
}
