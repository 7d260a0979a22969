/* SPDX-License-Identifier: GPL-2.0 */
/* The actors of the sides that are here, their windows, and what else steps use. */
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
	u32 peer[NR_SIDES];	    /* for each side the domain that it deals with */
	const char *name[NR_SIDES]; /* of the processes */
	u64 limit;		    /* nanoseconds that a step may take beyond its own words */
	struct cues *cues;
	struct disk *disk;
	u64 nonce;
	u32 serial;
	struct worker worker[NR_ACTORS];
	struct window *window[NR_ACTORS]; /* both mappers have the same */
};

/* The caller sets ops, ctx, peer, name, limit, cues, disk. 0 or -errno. */
int crew__init(struct crew *crew);
void crew__cleanup(struct crew *crew);

/* The player's hands; the context is the crew. */
extern const struct player_ops crew_ops;

#endif
