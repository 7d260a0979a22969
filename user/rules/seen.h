/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What looks into the granter's table, by the mapper's own domain, prove: all times are of one
 * clock, and no word of the granter is needed but for what it wrote there.
 */
#ifndef GRANTWATCH_RULES_SEEN_H
#define GRANTWATCH_RULES_SEEN_H

#include "rules/rules.h"

/* A ref's entry at two moments after the mapper was told of it. */
struct change {
	/* NULL: .after alone tells, it was not offered to this mapper then */
	const struct sighting *before;
	/* NULL: the map itself, which returned another machine frame */
	const struct sighting *after;
};

/*
 * Whether @map, told by @call, surely landed on a later generation than one that was there after
 * @call.
 */
bool seen__changed(struct ledger *ledger, const struct map *map, const struct call *call,
		   struct change *change);

/* The change as a line of evidence, and as steps. */
void seen__explain(struct ledger *ledger, struct finding *finding, const struct map *map,
		   const struct change *change);
void seen__steps(struct ledger *ledger, struct finding *finding, const struct domain *granter,
		 u32 ref);

/* What @map shows about whether the table holds machine frames; not before it was judged itself. */
void seen__learn(struct ledger *ledger, const struct map *map);

/* Whether anybody looked at the ref between @call and @map. */
bool seen__between(struct ledger *ledger, const struct map *map, const struct call *call);

#endif
