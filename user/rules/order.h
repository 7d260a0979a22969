/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Evidence by order: the mapper announced the ref, then the ref changed hands, then the mapper
 * mapped it.
 */
#ifndef GRANTWATCH_RULES_ORDER_H
#define GRANTWATCH_RULES_ORDER_H

#include "rules/rules_internal.h"

struct newer {
	const struct gen *gen; /* a grant surely between the announcement and the map, NULL */
	bool sure;	       /* and what was before it had ended, so nothing older was mapped */
	bool undecided;	       /* but for the clocks' bounds, there would be one */
};

/* Grants between @call, which announced the ref, and @map. */
void order__find_newer(struct ledger *ledger, const struct map *map, const struct call *call,
		       struct newer *newer);

/*
 * True if @a was mapped before @b beyond doubt: by Xen's trace, or by the clock of the kernel which
 * made both maps.
 */
bool order__came_before(const struct ledger *ledger, const struct map *a, const struct map *b);

/*
 * Returns a kernel backend's map between the announcement by @call and @map, or NULL. At that time
 * the ref was granted for the backend, so the announced generation had ended. Does not depend on
 * the granter's records.
 */
const struct map *order__between(struct ledger *ledger, const struct map *map,
				 const struct call *call);

/*
 * Whether @call has had its map. gntdev gives an offset anew once the announcement there was taken
 * back. Where announcements were lost, a second map through one offset is not of the first
 * announcement, which has had its map; or may have had it, where maps were lost as well.
 */
bool order__is_spent(struct ledger *ledger, const struct map *map, const struct call *call);

/*
 * Returns the generation announced by @arm (NULL: unknown), or NULL if none is known: the newest
 * one before @landed which was granted before the announcement and is served by @map's subsystem.
 */
const struct gen *order__told(struct ledger *ledger, const struct map *map, const struct arm *arm,
			      const struct gen *landed);

#endif
