/* SPDX-License-Identifier: GPL-2.0 */
/* The actors of the sides that run here, their windows, and other state of steps. */
#ifndef GRANTWATCH_REPRO_CREW_H
#define GRANTWATCH_REPRO_CREW_H

#include "repro/cues.h"
#include "repro/disk.h"
#include "repro/player.h"
#include "repro/worker.h"

#define COMM_MAX 16

struct crew {
	const struct repro_ops *ops;
	void *ctx;
	u32 peer[NR_SIDES];	    /* for each side, the other side's domain */
	const char *name[NR_SIDES]; /* of the processes */
	u64 limit;		    /* ns that a step may take beyond the time in its text */
	struct cues *cues;
	struct disk *disk;
	u64 nonce;
	u32 serial;
	struct worker worker[NR_ACTORS];
	struct window *window[NR_ACTORS]; /* common to both mappers */
};

/* The caller has set ops, ctx, peer, name, limit, cues and disk. Returns 0 or -errno. */
int crew__init(struct crew *crew);
void crew__cleanup(struct crew *crew);

/* The player's operations; their context is the crew. */
extern const struct player_ops crew_ops;

#endif
