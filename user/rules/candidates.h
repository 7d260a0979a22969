/* SPDX-License-Identifier: GPL-2.0 */
/* The candidate generations of a map: on which generation of its ref did it land? */
#ifndef GRANTWATCH_RULES_CANDIDATES_H
#define GRANTWATCH_RULES_CANDIDATES_H

#include "rules/rules_internal.h"

/* As far as can be known. */
struct candidates {
	/* every generation that it may have been, newest first */
	struct gen *gen[LEDGER_HISTORY + 2];
	u32 nr;
	bool outside;  /* or one that nobody saw or that left the history */
	bool by_frame; /* the returned machine frame is that of a candidate … */
	bool learned;  /* … and ruled others out by what earlier maps taught: not beyond doubt */
	struct gen *floor; /* surely granted before the map; nothing older is possible */
	struct gen *best;  /* the likeliest of them, NULL if none */
	bool stray;	   /* it is of no generation on record, by its page or by the time */
	/* ns: by at least this much the clocks must be off; 0: they need not */
	u64 off;
};

/* Learns from the map what machine frame is behind a guest frame, where that is beyond doubt. */
void candidates__find(struct rules *rules, struct ledger *ledger, const struct map *map,
		      struct candidates *candidates);

/* The only one, if that is sure; else NULL. */
struct gen *candidates__only(const struct candidates *candidates);

#endif
