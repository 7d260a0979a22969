/* SPDX-License-Identifier: GPL-2.0 */
/* Evidence by owner: may this mapper be meant by the subsystem that holds the generation? */
#ifndef GRANTWATCH_RULES_OWNER_H
#define GRANTWATCH_RULES_OWNER_H

#include "rules/candidates.h"

/*
 * Whether @map's process is a user-space backend of @owner, or of any frontend if that is
 * KIND_UNKNOWN. Returns SERVES_YES, SERVES_NO, or SERVES_UNKNOWN for an unrecorded process.
 */
enum serves owner__is_backend(const struct ledger *ledger, const struct map *map, enum kind owner);

/*
 * Whether the subsystem of @map serves the owner of @gen. Returns SERVES_YES or SERVES_NO only
 * beyond doubt, otherwise SERVES_UNKNOWN.
 */
enum serves owner__serves(struct ledger *ledger, const struct map *map, const struct gen *gen);

/* Whether by the owners of all @candidates the page is for the backend driver that made @map. */
bool owner__tells(struct ledger *ledger, const struct candidates *candidates,
		  const struct map *map);

/*
 * True if the granter's record is complete from the oldest of @candidates to the map or copy of
 * @judging, so no other generation is possible. Otherwise adds a blind spot to @finding.
 */
bool owner__is_whole(const struct judging *judging, const struct candidates *candidates,
		     struct finding *finding);

/* Counts a map or copy by @mapper of a grant of @owner, a pair in no table. */
void owner__count_pair(struct rules_counters *counters, enum kind owner, enum kind mapper);

#endif
