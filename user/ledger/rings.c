// SPDX-License-Identifier: GPL-2.0
/* Rings of xenbus devices: mapped by ref, unmapped by address. */
#include <stdlib.h>

#include "ledger/ledger_internal.h"

/* The newest open ring map of (granter, ref) by @domain. */
static u32 find_ring_map(struct ledger *ledger, struct domain *domain, const struct op_arm *op)
{
	struct domain *granter = op->granter < DOMID_FIRST_RESERVED
					 ? ledger__named(ledger, domain, (u16)op->granter)
					 : NULL;
	struct ref *ref = granter ? domain__ref(granter, op->ref) : NULL;
	u32 nr;

	for (nr = ref ? ref->maps : 0; nr; nr = map__at(ledger, nr)->next) {
		struct map *map = map__at(ledger, nr);

		if (map->mapper == domain->index && (map->flags & MAP_RING) &&
		    (map->flags & MAP_OPEN))
			return nr;
	}
	return 0;
}

/* The map number may have been freed and used for another map. */
static bool is_ring_map(struct ledger *ledger, const struct domain *domain, u32 nr)
{
	const struct map *map = map__at(ledger, nr);

	return map->flags & MAP_OPEN && map->flags & MAP_RING && map->mapper == domain->index;
}

void ledger__ring(struct ledger *ledger, struct domain *domain, const struct merge_event *event)
{
	const struct rec_batch *batch = (const void *)event->rec;
	const struct op_arm *op = rec__ops(event->rec);
	struct span at = span__from(&event->when, event->rec->flags & REC_F_NO_ENTRY);
	struct ring *ring;
	u32 i;

	if (!domain->rings)
		domain->rings = calloc(LEDGER_RINGS, sizeof(*domain->rings));
	if (!domain->rings)
		return;
	ring = &domain->rings[domain->nr_rings % LEDGER_RINGS];
	/* The table is full: the end of the oldest ring stays unknown. */
	for (i = 0; i < ring->nr; i++)
		if (is_ring_map(ledger, domain, ring->map[i]))
			map__at(ledger, ring->map[i])->flags |= MAP_CLOSED_UNSEEN;
	ring->file = batch->file;
	ring->nr = 0;
	for (i = 0; i < batch->nr && ring->nr < ARRAY_SIZE(ring->map); i++) {
		u32 nr = find_ring_map(ledger, domain, &op[i]);

		if (!nr)
			continue;
		/* The kernel undid the maps of a ring which it could not map whole. */
		if ((s64)batch->index) {
			ledger__forget_handle(ledger, nr);
			ledger__close_map(ledger, nr, &at, 0);
		} else {
			ring->map[ring->nr++] = nr;
		}
	}
	if (ring->nr)
		domain->nr_rings++;
}

void ledger__ring_unmap(struct ledger *ledger, struct domain *domain,
			const struct merge_event *event)
{
	const struct rec_batch *batch = (const void *)event->rec;
	struct span at = span__from(&event->when, event->rec->flags & REC_F_NO_ENTRY);
	u32 r, i;

	for (r = 0; domain->rings && r < LEDGER_RINGS; r++) {
		struct ring *ring = &domain->rings[r];

		if (!ring->nr || ring->file != batch->file || (s64)batch->index)
			continue;
		for (i = 0; i < ring->nr; i++) {
			if (!is_ring_map(ledger, domain, ring->map[i]))
				continue;
			ledger__forget_handle(ledger, ring->map[i]);
			ledger__close_map(ledger, ring->map[i], &at, 0);
		}
		ring->nr = 0;
	}
}
