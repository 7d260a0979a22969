// SPDX-License-Identifier: GPL-2.0
/* The mapper's side of the ledger: told, mapped, unmapped. */
#include <errno.h>
#include <stdlib.h>

#include "capture/reader.h"
#include "ledger/ledger_internal.h"

/* --- arms --- */

static u32 *file_slot(struct domain *domain, u32 file)
{
	if (!file || file >= LEDGER_MAX_FILES)
		return NULL;
	if (!domain->files)
		domain->files = calloc(LEDGER_MAX_FILES, sizeof(u32));
	return domain->files ? &domain->files[file] : NULL;
}

/* Forget disarmed arms beyond the history's length. */
static void trim_arms(struct ledger *ledger, struct ref *ref)
{
	u32 *link = &ref->arms, kept = 0;

	while (*link) {
		struct arm *arm = arm__at(ledger, *link);
		u32 nr = *link;

		if (arm->flags & (ARM_OPEN | ARM_PENDING) || kept++ < LEDGER_HISTORY) {
			link = &arm->next;
			continue;
		}
		*link = arm->next;
		pool__put(&ledger->arms, nr);
	}
}

static int add_arm(struct ledger *ledger, struct domain *domain, const struct merge_event *event,
		   const struct op_arm *op)
{
	const struct rec_batch *batch = (const void *)event->rec;
	struct domain *granter = op->granter < DOMID_FIRST_RESERVED
					 ? ledger__domain(ledger, (u16)op->granter)
					 : NULL;
	struct ref *ref = granter ? domain__ref_make(granter, op->ref) : NULL;
	u32 *file = file_slot(domain, batch->file);
	struct pending item = {.type = PENDING_ARM};
	struct arm *arm;

	if (!ref)
		return 0;
	item.id = pool__get(&ledger->arms);
	if (!item.id)
		return -ENOMEM;
	arm = arm__at(ledger, item.id);
	*arm = (struct arm){.at = span__from(&event->when),
			    .index = batch->index,
			    .ref = op->ref,
			    .file = batch->file,
			    .task = batch->e.task,
			    .next = ref->arms,
			    .granter = granter->index,
			    .mapper = domain->index,
			    .flags = ARM_PENDING};
	ref->arms = item.id;
	if (file) {
		arm->flags |= ARM_OPEN;
		arm->file_next = *file;
		*file = item.id;
	}
	trim_arms(ledger, ref);
	return ledger__defer(ledger, &item);
}

int ledger__arm(struct ledger *ledger, struct domain *domain, const struct merge_event *event)
{
	const struct rec_batch *batch = (const void *)event->rec;
	const struct op_arm *op = rec__ops(event->rec);
	u32 i;

	for (i = 0; i < batch->nr; i++) {
		int err = add_arm(ledger, domain, event, &op[i]);

		if (err)
			return err;
	}
	return 0;
}

void ledger__disarm(struct ledger *ledger, struct domain *domain, const struct rec_batch *batch)
{
	u32 *link = file_slot(domain, batch->file);

	while (link && *link) {
		struct arm *arm = arm__at(ledger, *link);

		if (!(batch->e.h.flags & REC_F_WHOLE) && arm->index != batch->index) {
			link = &arm->file_next;
			continue;
		}
		*link = arm->file_next;
		arm->file_next = 0;
		arm->flags &= (u8)~ARM_OPEN;
	}
}

struct arm *ledger__arm_of(struct ledger *ledger, const struct map *map)
{
	struct ref *ref = domain__ref(ledger->domains[map->granter], map->ref);
	struct arm *arm, *best = NULL;
	u32 nr;

	if (!ref || !map->file)
		return NULL;
	for (nr = ref->arms; nr; nr = arm->next) {
		arm = arm__at(ledger, nr);
		if (arm->mapper != map->mapper || arm->file != map->file ||
		    arm->index != map->index || arm->at.out > map->at.out)
			continue;
		/* An index is used again after UNMAP: the latest arm before the map is the one. */
		if (!best || arm->at.out > best->at.out)
			best = arm;
	}
	return best;
}

/* --- maps --- */

/* Forget closed maps beyond the history's length. */
static void trim_maps(struct ledger *ledger, struct ref *ref)
{
	u32 *link = &ref->maps, kept = 0;

	while (*link) {
		struct map *map = map__at(ledger, *link);
		u32 nr = *link;

		if (map->flags & (MAP_OPEN | MAP_PENDING) || kept++ < LEDGER_HISTORY) {
			link = &map->next;
			continue;
		}
		*link = map->next;
		pool__put(&ledger->maps, nr);
	}
}

static void close_map(struct ledger *ledger, u32 nr, const struct span *at, u8 flags)
{
	struct map *map = map__at(ledger, nr);

	if (!(map->flags & MAP_OPEN))
		return;
	map->flags = (u8)((map->flags & ~MAP_OPEN) | flags);
	map->unmap = *at;
	ledger->listener.unmap(ledger->listener.ctx, ledger, nr);
}

static void note_handle(struct ledger *ledger, struct domain *domain, u32 nr, struct map *map)
{
	u32 *slot = domain__handle(domain, map->handle);

	if (!slot)
		return;
	/* Xen gave the handle out again, so the map that had it is gone. */
	if (*slot && map__at(ledger, *slot)->handle == map->handle)
		close_map(ledger, *slot, &map->at, MAP_CLOSED_UNSEEN);
	*slot = nr;
	map->flags |= MAP_OPEN;
}

static int add_map(struct ledger *ledger, struct domain *domain, const struct merge_event *event,
		   const struct op_map *op)
{
	const struct rec_batch *batch = (const void *)event->rec;
	struct domain *granter = op->granter < DOMID_FIRST_RESERVED
					 ? ledger__domain(ledger, op->granter)
					 : NULL;
	struct ref *ref = granter ? domain__ref_make(granter, op->ref) : NULL;
	struct pending item = {.type = PENDING_MAP};
	struct map *map;

	/* A positive status: the hypercall never came to this operation. */
	if (!ref || op->status > 0)
		return 0;
	granter->refs_mapped |= op->ref >= RESERVED_REFS;
	item.id = pool__get(&ledger->maps);
	if (!item.id)
		return -ENOMEM;
	map = map__at(ledger, item.id);
	*map = (struct map){.at = span__from(&event->when),
			    .frame = op->frame,
			    .index = batch->index,
			    .ref = op->ref,
			    .handle = op->handle,
			    .mflags = op->flags,
			    .stack = batch->e.stack,
			    .task = batch->e.task,
			    .file = batch->file,
			    .next = ref->maps,
			    .status = op->status,
			    .granter = granter->index,
			    .mapper = domain->index,
			    .kind = (u8)domain__kind(domain, batch->e.stack),
			    .flags = MAP_PENDING};
	if (event->rec->flags & REC_F_RING)
		map->flags |= MAP_RING;
	if (!op->status)
		note_handle(ledger, domain, item.id, map);
	ref->maps = item.id;
	trim_maps(ledger, ref);
	return ledger__defer(ledger, &item);
}

int ledger__map(struct ledger *ledger, struct domain *domain, const struct merge_event *event)
{
	const struct rec_batch *batch = (const void *)event->rec;
	const struct op_map *op = rec__ops(event->rec);
	u32 i;

	for (i = 0; i < batch->nr; i++) {
		int err = add_map(ledger, domain, event, &op[i]);

		if (err)
			return err;
	}
	return 0;
}

void ledger__unmap(struct ledger *ledger, struct domain *domain, const struct merge_event *event)
{
	const struct rec_batch *batch = (const void *)event->rec;
	const struct op_unmap *op = rec__ops(event->rec);
	struct span at = span__from(&event->when);
	u32 i;

	for (i = 0; i < batch->nr; i++) {
		u32 *slot;

		/* INVALID_GRANT_HANDLE: a place in the batch that was never mapped. */
		if (op[i].handle == UINT32_MAX || op[i].status)
			continue;
		slot = domain__handle(domain, op[i].handle);
		if (slot && *slot) {
			close_map(ledger, *slot, &at, 0);
			*slot = 0;
		} else {
			ledger->unknown_unmaps++;
		}
	}
}

/* --- rings: mapped by ref, unmapped by address --- */

/* The newest open ring map of (granter, ref) by @domain. */
static u32 find_ring_map(struct ledger *ledger, struct domain *domain, const struct op_arm *op)
{
	struct domain *granter = op->granter < DOMID_FIRST_RESERVED
					 ? ledger__domain(ledger, (u16)op->granter)
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

static void forget_handle(struct ledger *ledger, struct domain *domain, u32 nr)
{
	u32 *slot = domain__handle(domain, map__at(ledger, nr)->handle);

	if (slot && *slot == nr)
		*slot = 0;
}

void ledger__ring(struct ledger *ledger, struct domain *domain, const struct merge_event *event)
{
	const struct rec_batch *batch = (const void *)event->rec;
	const struct op_arm *op = rec__ops(event->rec);
	struct span at = span__from(&event->when);
	struct ring *ring;
	u32 i;

	ring = &domain->rings[domain->nr_rings % ARRAY_SIZE(domain->rings)];
	ring->file = batch->file;
	ring->nr = 0;
	for (i = 0; i < batch->nr && i < ARRAY_SIZE(ring->map); i++) {
		u32 nr = find_ring_map(ledger, domain, &op[i]);

		if (!nr)
			continue;
		/* A ring that could not be mapped whole was unmapped by the kernel again. */
		if ((s64)batch->index) {
			forget_handle(ledger, domain, nr);
			close_map(ledger, nr, &at, 0);
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
	struct span at = span__from(&event->when);
	u32 r, i;

	for (r = 0; r < ARRAY_SIZE(domain->rings); r++) {
		struct ring *ring = &domain->rings[r];

		if (!ring->nr || ring->file != batch->file || (s64)batch->index)
			continue;
		for (i = 0; i < ring->nr; i++) {
			forget_handle(ledger, domain, ring->map[i]);
			close_map(ledger, ring->map[i], &at, 0);
		}
		ring->nr = 0;
	}
}
