/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Persistent grants: blkback keeps its maps from one request to the next, so Xen refuses blkfront's
 * ends by design. Each disk negotiates the feature when it connects.
 */
#ifndef GRANTWATCH_RULES_PERSISTENT_H
#define GRANTWATCH_RULES_PERSISTENT_H

#include "rules/rules_internal.h"

enum persistence {
	PERSISTENCE_UNKNOWN, /* nothing on record tells */
	PERSISTENCE_ON,
	PERSISTENCE_OFF,
	PERSISTENCE_OFF_ALL, /* the disk is unknown, and all recorded disks have the feature off */
};

/*
 * The state of the disk for which @map was made, when an end by @granter was refused at @at, as the
 * granter's recorder read it from xenstore.
 */
enum persistence persistence__of(const struct ledger *ledger, const struct domain *granter,
				 const struct map *map, const struct span *at);

/* Whether surely each disk of @granter has persistent grants at @at. */
bool persistence__is_on(const struct domain *granter, const struct span *at);

#endif
