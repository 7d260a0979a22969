/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Evidence by order: the mapper announced the ref, then the ref changed its generation, then the
 * mapper mapped it.
 */
#ifndef GRANTWATCH_RULES_ORDER_H
#define GRANTWATCH_RULES_ORDER_H

#include "rules/rules_internal.h"

struct newer {
	const struct gen *gen; /* a grant surely between announcement and map, NULL none */
	/* the generation before it had ended, so the map is of no older one */
	bool sure;
	bool undecided; /* a grant may be in between: the clock error bounds leave it open */
};

/* Finds grants between @call, which announced the ref, and @map. */
void order__find_newer(struct ledger *ledger, const struct map *map, const struct call *call,
		       struct newer *newer);

/*
 * Whether @a surely came before @b, by Xen's trace or by the clock of the kernel that made both
 * maps.
 */
bool order__came_before(const struct ledger *ledger, const struct map *a, const struct map *b);

/*
 * Returns a kernel backend's map between the announcement by @call and @map, NULL if there is none.
 * The ref was granted to the backend then, so the announced generation had ended. The granter's
 * records are not needed.
 */
const struct map *order__between(struct ledger *ledger, const struct map *map,
				 const struct call *call);

/*
 * Whether @call has had its map. gntdev gives an offset out again once its announcement is
 * withdrawn. If announcements were lost, a second map through one offset belongs to a later
 * announcement. If maps were lost too, it may.
 */
bool order__is_spent(struct ledger *ledger, const struct map *map, const struct call *call);

/*
 * Returns the generation announced by @arm (NULL unknown), or NULL if none is known: the newest one
 * before @landed that was granted before the announcement and is served by @map's subsystem.
 */
const struct gen *order__told(struct ledger *ledger, const struct map *map, const struct arm *arm,
			      const struct gen *landed);

#endif
