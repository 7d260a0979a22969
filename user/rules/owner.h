/* SPDX-License-Identifier: GPL-2.0 */
/* Evidence by owner: may this mapper be meant by the subsystem that holds the generation? */
#ifndef GRANTWATCH_RULES_OWNER_H
#define GRANTWATCH_RULES_OWNER_H

#include "rules/candidates.h"

/*
 * Whether @map's process is a user-space backend that may rightfully map a frontend's grants:
 * SERVES_YES, SERVES_NO, or SERVES_UNKNOWN where the process was not recorded.
 */
enum serves owner__is_backend(const struct ledger *ledger, const struct map *map);

/*
 * Whether the owner of @gen is served by who made @map: SERVES_NO and SERVES_YES are sure, anything
 * else is SERVES_UNKNOWN.
 */
enum serves owner__serves(struct ledger *ledger, const struct map *map, const struct gen *gen);

/*
 * Whether the granter's record is whole from the oldest of @candidates, of what @judging is about,
 * to that map or copy, so that no other generation can be meant. If not, says so in @finding.
 */
bool owner__is_whole(const struct judging *judging, const struct candidates *candidates,
		     struct finding *finding);

/* Count one more map or copy by @mapper of a grant of @owner, of which no table tells. */
void owner__count_pair(struct rules_counters *counters, enum kind owner, enum kind mapper);

#endif
