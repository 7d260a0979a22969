/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Persistent grants: with them blkback keeps its maps from one request to the next, so Xen refuses
 * blkfront's ends by design. Each disk negotiates them when it connects.
 */
#ifndef GRANTWATCH_RULES_PERSISTENT_H
#define GRANTWATCH_RULES_PERSISTENT_H

#include "rules/rules_internal.h"

enum persistence {
	PERSISTENCE_UNKNOWN, /* nothing on record tells */
	PERSISTENCE_ON,
	PERSISTENCE_OFF,
	PERSISTENCE_OFF_ALL, /* which disk it is is not known; all that are on record have it off */
};

/*
 * Of the disk that @map was made for, when its frontend in @granter was refused an end at @at: as
 * the granter's recorder read it from xenstore.
 */
enum persistence persistence__of(const struct ledger *ledger, const struct domain *granter,
				 const struct map *map, const struct span *at);

#endif
