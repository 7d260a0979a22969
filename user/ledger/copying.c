// SPDX-License-Identifier: GPL-2.0
/*
 * Copies: Xen maps, copies and unmaps in one operation. Nothing stays mapped when the call returns,
 * so most copies are forgotten once they are judged.
 */
#include <errno.h>
#include <stdlib.h>

#include "capture/reader.h"
#include "ledger/ledger_internal.h"

static void fill_copy(struct domain *domain, const struct domain *granter,
		      const struct merge_event *event, const struct op_copy *op, struct map *copy)
{
	const struct rec_batch *batch = (const void *)event->rec;

	*copy = (struct map){.at = span__from(&event->when, event->rec->flags & REC_F_NO_ENTRY),
			     .ref = op->ref & (LEDGER_MAX_REFS - 1),
			     .handle = op->flags,
			     .stack = id16(batch->e.stack),
			     .task = id16(batch->e.task),
			     .status = (s8)max(op->status, (s16)-128),
			     .granter = granter->index,
			     .mapper = domain->index,
			     .kind = domain__batch_kind(domain, batch) & 0x1f,
			     .is_copy = true,
			     .writes = !!(op->flags & GNTCOPY_dest_gref),
			     .flags = MAP_PENDING};
}

/* Xen takes DOMID_SELF for a domain's own grants in copies, and in nothing else. */
static struct domain *granter_of(struct ledger *ledger, struct domain *domain,
				 const struct op_copy *op)
{
	if (op->granter == DOMID_SELF)
		return domain;
	return op->granter < DOMID_FIRST_RESERVED ? ledger__named(ledger, domain, op->granter)
						  : NULL;
}

static int add_copy(struct ledger *ledger, struct domain *domain, const struct merge_event *event,
		    const struct op_copy *op)
{
	struct domain *granter = granter_of(ledger, domain, op);
	struct pending item = {.type = PENDING_COPY};

	domain->no_granter += !op->status && !granter && op->granter >= DOMID_FIRST_RESERVED;
	/* A positive status: Xen did not reach this operation of the batch. */
	if (!granter || op->status > 0 || !domain__named_ref(ledger, domain, granter, op->ref))
		return 0;
	granter->refs_mapped |= op->ref >= RESERVED_REFS;
	if (!domain__may_add(ledger, domain)) {
		ledger__drop(ledger, event, 0);
		return 0;
	}
	item.id = pool__get(&ledger->maps);
	if (!item.id)
		return -ENOMEM;
	fill_copy(domain, granter, event, op, map__at(ledger, item.id));
	domain->nr_items++;
	return ledger__defer(ledger, &item);
}

int ledger__copy(struct ledger *ledger, struct domain *domain, const struct merge_event *event)
{
	const struct rec_batch *batch = (const void *)event->rec;
	const struct op_copy *op = rec__ops(event->rec);
	u32 i;

	for (i = 0; i < batch->nr; i++) {
		int err = add_copy(ledger, domain, event, &op[i]);

		if (err)
			return err;
	}
	return 0;
}

static u32 *slot_of(const struct domain *granter, u32 ref)
{
	u32 c = ref / REF_CHUNK;

	if (c >= granter->nr_copy_chunks || !granter->copies[c])
		return NULL;
	return &granter->copies[c][ref % REF_CHUNK];
}

static u32 *slot_make(struct domain *granter, u32 ref)
{
	u32 *slot = slot_of(granter, ref), c = ref / REF_CHUNK;

	if (slot)
		return slot;
	if ((c >= granter->nr_copy_chunks &&
	     !directory__grow((void ***)&granter->copies, &granter->nr_copy_chunks, c)) ||
	    !(granter->copies[c] = calloc(REF_CHUNK, sizeof(u32))))
		return NULL;
	return &granter->copies[c][ref % REF_CHUNK];
}

u32 domain__copies(const struct domain *granter, u32 ref)
{
	u32 *slot = slot_of(granter, ref);

	return slot ? *slot : 0;
}

/* Forgets all copies of the list at @link but the newest @keep. */
static void trim_copies(struct ledger *ledger, u32 *link, u32 keep)
{
	for (; *link && keep; keep--)
		link = &map__at(ledger, *link)->next;
	while (*link) {
		u32 nr = *link;

		*link = map__at(ledger, nr)->next;
		ledger__put_map(ledger, nr);
	}
}

/*
 * A process's copy is kept: a backend may use the same generation later, and show that the copy is
 * stale. Backends make too many copies to keep, and no rule asks for them.
 */
void ledger__copy_is_judged(struct ledger *ledger, u32 nr)
{
	struct map *copy = map__at(ledger, nr);
	struct domain *granter = ledger->domains[copy->granter];
	bool by_process = copy->kind == KIND_GNTDEV;
	bool kept = !copy->status && (by_process || copy->unlinked);
	u32 *slot = kept ? slot_make(granter, copy->ref) : NULL;

	copy->flags &= (u8)~MAP_PENDING;
	ledger->dropped[LIMIT_COPIES] += kept && !slot;
	if (!slot) {
		ledger__put_map(ledger, nr);
		return;
	}
	copy->next = *slot;
	*slot = nr;
	domain__ref(granter, copy->ref)->by_process |= by_process;
	trim_copies(ledger, slot, LEDGER_COPIES);
}

void ledger__forget_copies(struct ledger *ledger, struct domain *granter)
{
	u32 c, i;

	for (c = 0; c < granter->nr_copy_chunks; c++)
		for (i = 0; granter->copies[c] && i < REF_CHUNK; i++)
			trim_copies(ledger, &granter->copies[c][i], 0);
}
