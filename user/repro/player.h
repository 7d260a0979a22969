/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Plays a script in its order: performs the steps of the sides that run here, and waits for the
 * others'. Both domains play the same script, so each knows the next step.
 */
#ifndef GRANTWATCH_REPRO_PLAYER_H
#define GRANTWATCH_REPRO_PLAYER_H

#include "repro/channel.h"
#include "repro/report.h"
#include "repro/script.h"

struct player_ops {
	/* Performs a step of a side that runs here. */
	void (*perform)(void *ctx, const struct script_step *step, struct outcome *out);
	/* Returns the window which this granter granted last, or which the mapper knows. */
	struct window *(*window)(void *ctx, enum actor actor);
};

struct player {
	const struct script *script;
	const struct player_ops *ops;
	void *ctx;
	struct repro_report *report;
	struct channel *channel; /* to the other side; NULL if both run here */
	u64 limit; /* ns that the other side's step may take beyond the time in its text */
	u32 round;
	u32 before, total; /* refs that the mapper knew before the step, and refs of the step */
};

/*
 * Returns 0 if all steps had the script's expected results, -ECANCELED if not (the report has the
 * steps), or -errno after logging the error.
 */
int player__run(struct player *player);

#endif
