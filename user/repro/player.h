/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Plays a script: performs the steps of the sides that are here, waits for the others', one after
 * another in the script's order. Both domains play the same script, so each knows what comes next.
 */
#ifndef GRANTWATCH_REPRO_PLAYER_H
#define GRANTWATCH_REPRO_PLAYER_H

#include "repro/channel.h"
#include "repro/report.h"
#include "repro/script.h"

struct player_ops {
	/* Do a step of a side that is here. */
	void (*perform)(void *ctx, const struct script_step *step, struct outcome *out);
	/* What this granter granted last, or what the mapper was told. */
	struct window *(*window)(void *ctx, enum actor actor);
};

struct player {
	const struct script *script;
	const struct player_ops *ops;
	void *ctx;
	struct repro_report *report;
	struct channel *channel; /* to the side that is not here; NULL when both are */
	u64 limit; /* nanoseconds that the other side's step may take beyond its own words */
	u32 round;
	u32 before, total; /* refs that were told before, and that are being told */
};

/*
 * 0 when all steps did what the script expects; -ECANCELED when not, the report tells; -errno after
 * a message.
 */
int player__run(struct player *player);

#endif
