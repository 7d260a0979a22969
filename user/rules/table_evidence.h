/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Evidence from table reads by the mapper's own domain. All times are of one clock. Of the
 * granter's reports only its table entries are used.
 */
#ifndef GRANTWATCH_RULES_TABLE_EVIDENCE_H
#define GRANTWATCH_RULES_TABLE_EVIDENCE_H

#include "rules/rules_internal.h"

/* A ref's entry at two times after its announcement. */
struct change {
	/* NULL if only .after counts: the ref was not granted to this mapper */
	const struct table_read *before;
	/* NULL for the map itself, which returned another machine frame */
	const struct table_read *after;
};

/*
 * Whether @map, announced by @call, surely reached a later generation than the one read after
 * @call. If so, sets @change.
 */
bool table_evidence__find(struct ledger *ledger, const struct map *map, const struct call *call,
			  struct change *change);

/* Adds the change to @finding, as a line of evidence and as steps. */
void table_evidence__explain(struct ledger *ledger, struct finding *finding, const struct map *map,
			     const struct change *change);
void table_evidence__add_steps(struct ledger *ledger, struct finding *finding,
			       const struct domain *granter, u32 ref);

/*
 * Learns from @map whether the granter's table holds machine frames. Called after @map has its
 * verdict.
 */
void table_evidence__learn(struct ledger *ledger, const struct map *map);

#endif
