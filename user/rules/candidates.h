/* SPDX-License-Identifier: GPL-2.0 */
/* The candidate generations of a map: the generations of its ref that it may have reached. */
#ifndef GRANTWATCH_RULES_CANDIDATES_H
#define GRANTWATCH_RULES_CANDIDATES_H

#include "rules/rules_internal.h"

/* The candidate generations of a map. */
struct candidates {
	/* every possible generation, newest first */
	struct gen *gen[LEDGER_HISTORY + 2];
	u32 nr;
	bool outside;  /* an unrecorded generation, or one that left the history, is possible too */
	bool by_frame; /* the returned machine frame is that of a candidate */
	bool learned;  /* that frame was learned from earlier maps, and is not beyond doubt */
	/* the newest one surely granted before the map: no older one is possible */
	struct gen *floor;
	struct gen *best; /* the most likely one, NULL none */
	bool stray;	  /* by page or time of no recorded generation */
	/* The smallest clock error that explains the map, ns, 0 none needed. */
	u64 off;
};

/*
 * Fills @candidates for @map. Learns the machine frame behind a guest frame from a map that has one
 * candidate beyond doubt.
 */
void candidates__find(struct rules *rules, struct ledger *ledger, const struct map *map,
		      struct candidates *candidates);

/* Returns the only candidate, or NULL if there may be others. */
struct gen *candidates__only(const struct candidates *candidates);

/* Whether a candidate was granted while an older grant was live: then both may be meant. */
bool candidates__at_once(const struct candidates *candidates);

#endif
