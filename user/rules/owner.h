/* SPDX-License-Identifier: GPL-2.0 */
/* Evidence by owner: is the owner of a generation one that the mapper serves? */
#ifndef GRANTWATCH_RULES_OWNER_H
#define GRANTWATCH_RULES_OWNER_H

#include "rules/candidates.h"

/*
 * Whether @map's process is a user-space backend of @owner, or of any frontend if @owner is
 * KIND_UNKNOWN. Returns SERVES_UNKNOWN for an unrecorded process.
 */
enum serves owner__is_backend(const struct ledger *ledger, const struct map *map, enum kind owner);

/*
 * Whether the thread of blkback that made @map is named for another guest than the granter. The
 * record contradicts itself, so the map does not show whom its mapper serves.
 */
bool owner__is_misnamed(const struct ledger *ledger, const struct map *map);

/*
 * Whether @map is of a backend driver's own map of request pages. Backend drivers of Linux map
 * rings through xenbus_map_ring_valloc only, so no ring is meant for such a map.
 */
bool owner__maps_requests(const struct ledger *ledger, const struct map *map);

/*
 * Whether a backend driver maps or copies a ring as a page of a request, or maps such a page as a
 * ring, by the stacks of both calls. Driver and frontend fit, but the map is meant for another
 * grant.
 */
bool owner__is_other_use(const struct ledger *ledger, const struct map *map, const struct gen *gen);

/*
 * Whether the subsystem of @map serves the owner of @gen. SERVES_UNKNOWN unless that is beyond
 * doubt.
 */
enum serves owner__serves(struct ledger *ledger, const struct map *map, const struct gen *gen);

/* Whether all candidates' owners are served by the backend driver that made @map. */
bool owner__tells(struct ledger *ledger, const struct candidates *candidates,
		  const struct map *map);

/*
 * Whether the granter's record is complete from the oldest candidate to the map or copy of
 * @judging, so no other generation is possible. Otherwise adds a blind spot to @finding.
 */
bool owner__is_whole(const struct judging *judging, const struct candidates *candidates,
		     struct finding *finding);

/* Counts a map or copy by @mapper of a grant of @owner, a pair that is not in the tables. */
void owner__count_pair(struct rules_counters *counters, enum kind owner, enum kind mapper);

#endif
