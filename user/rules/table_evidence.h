/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What reads of the granter's table, by the mapper's own domain, prove: all times are of one
 * clock, and no word of the granter is needed but for what it wrote there.
 */
#ifndef GRANTWATCH_RULES_TABLE_EVIDENCE_H
#define GRANTWATCH_RULES_TABLE_EVIDENCE_H

#include "rules/rules_internal.h"

/* A ref's entry at two moments after the mapper was told of it. */
struct change {
	/* NULL: .after alone tells, it was not offered to this mapper then */
	const struct table_read *before;
	/* NULL: the map itself, which returned another machine frame */
	const struct table_read *after;
};

/*
 * Whether @map, told by @call, surely landed on a later generation than one that was there after
 * @call.
 */
bool table_evidence__find(struct ledger *ledger, const struct map *map, const struct call *call,
			  struct change *change);

/* The change as a line of evidence, and as steps. */
void table_evidence__explain(struct ledger *ledger, struct finding *finding, const struct map *map,
			     const struct change *change);
void table_evidence__add_steps(struct ledger *ledger, struct finding *finding,
			       const struct domain *granter, u32 ref);

/* What @map shows about whether the table holds machine frames; not before it was judged itself. */
void table_evidence__learn(struct ledger *ledger, const struct map *map);

#endif
