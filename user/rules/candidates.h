/* SPDX-License-Identifier: GPL-2.0 */
/* The candidate generations of a map: on which generation of its ref did it land? */
#ifndef GRANTWATCH_RULES_CANDIDATES_H
#define GRANTWATCH_RULES_CANDIDATES_H

#include "rules/rules_internal.h"

/* The candidate generations of a map. */
struct candidates {
	/* every possible generation, newest first */
	struct gen *gen[LEDGER_HISTORY + 2];
	u32 nr;
	bool outside;  /* or an unrecorded one, or one older than the history */
	bool by_frame; /* the returned machine frame is a candidate's … */
	bool learned;  /* … and ruled others out by what earlier maps taught: not beyond doubt */
	struct gen *floor; /* granted before the map beyond doubt; no older one is possible */
	struct gen *best;  /* the likeliest of them, NULL if none */
	bool stray;	   /* of no recorded generation, by page or time */
	/* ns: the least error of the clocks which explains the map; 0: none needed */
	u64 off;
};

/* Learns from the map what machine frame is behind a guest frame, where that is beyond doubt. */
void candidates__find(struct rules *rules, struct ledger *ledger, const struct map *map,
		      struct candidates *candidates);

/* Returns the only candidate, or NULL if there may be others. */
struct gen *candidates__only(const struct candidates *candidates);

/* Whether a candidate was granted while the ref was somebody else's: then two may be meant. */
bool candidates__at_once(const struct candidates *candidates);

#endif
