// SPDX-License-Identifier: GPL-2.0
/* Table reads: per ref a short list of the entries that were found, newest first. */
#include <errno.h>
#include <stdlib.h>

#include "capture/reader.h"
#include "ledger/ledger_internal.h"
#include "xen/table.h"

#define MARKS (ENTRY_READING | ENTRY_WRITING)

static u32 *slot_of(const struct domain *granter, u32 ref)
{
	u32 c = ref / REF_CHUNK;

	if (c >= granter->nr_table_chunks || !granter->table_reads[c])
		return NULL;
	return &granter->table_reads[c][ref % REF_CHUNK];
}

static u32 *slot_make(struct domain *granter, u32 ref)
{
	u32 *slot = slot_of(granter, ref), c = ref / REF_CHUNK;

	if (slot)
		return slot;
	if (ref >= LEDGER_MAX_REFS ||
	    (c >= granter->nr_table_chunks &&
	     !directory__grow((void ***)&granter->table_reads, &granter->nr_table_chunks, c)) ||
	    !(granter->table_reads[c] = calloc(REF_CHUNK, sizeof(u32))))
		return NULL;
	return &granter->table_reads[c][ref % REF_CHUNK];
}

struct table_read *ledger__table_read(const struct ledger *ledger, const struct domain *granter,
				      u32 ref)
{
	u32 *slot = slot_of(granter, ref);

	return slot ? table_read__at(ledger, *slot) : NULL;
}

/* Whether an unsettled item may ask about @read. */
static bool is_needed(const struct ledger *ledger, const struct table_read *read)
{
	struct span last = read->first;

	last.out = read->last;
	return !ledger__is_past(ledger, span__system(&last));
}

/* Frees the oldest reads that no unsettled item may need. What is forgotten proves nothing. */
static void trim(struct ledger *ledger, struct table_read *newest)
{
	struct table_read *read = newest, *older;
	u32 nr, kept = 1;

	for (; (older = table_read__at(ledger, read->older)); read = older, kept++)
		if (kept >= ledger->limits->needed_reads ||
		    (kept >= ledger->limits->reads && !is_needed(ledger, older)))
			break;
	if (!older)
		return;
	ledger->dropped[LIMIT_TABLE_READS] += is_needed(ledger, older);
	nr = read->older;
	read->older = 0;
	while (nr) {
		u32 next = table_read__at(ledger, nr)->older;

		pool__put(&ledger->table_reads, nr);
		nr = next;
	}
}

static bool is_same(const struct table_read *read, const struct op_entry *op)
{
	return !((read->flags ^ op->eflags) & (u16)~MARKS) && read->peer == op->peer &&
	       read->frame == op->frame;
}

static void forget(struct ledger *ledger, u32 *slot)
{
	u32 nr = *slot, older;

	for (; nr; nr = older) {
		older = table_read__at(ledger, nr)->older;
		pool__put(&ledger->table_reads, nr);
	}
	*slot = 0;
}

/*
 * Only the control domain can read tables. A read reported by another domain must not replace one
 * of its reads.
 */
static bool may_tell(struct ledger *ledger, const struct domain *reader, u32 *slot)
{
	if (!*slot || table_read__at(ledger, *slot)->reader == reader->index)
		return true;
	if (reader->domid)
		return false;
	forget(ledger, slot);
	return true;
}

static int enter_one(struct ledger *ledger, struct domain *reader, const struct span *at,
		     const struct op_entry *op)
{
	struct domain *granter = op->granter < DOMID_FIRST_RESERVED
					 ? ledger__named(ledger, reader, op->granter)
					 : NULL;
	u32 *slot = granter ? slot_make(granter, op->ref) : NULL;
	struct pending item = {
		.type = PENDING_TABLE_READ, .at = *at, .ref = op->ref, .id = op->eflags};
	struct table_read *newest, *read;
	u32 nr;

	if (op->granter == DOMID_SELF)
		return ledger__baseline(ledger, reader, at, op);
	if (!slot || !may_tell(ledger, reader, slot))
		return 0;
	ledger->nr_table_reads++;
	newest = table_read__at(ledger, *slot);
	if (newest) {
		newest->last = max(newest->last, min(op->before, span__in(at)));
		if (is_same(newest, op)) {
			newest->last = max(newest->last, span__in(at));
			newest->flags = op->eflags;
			item.granter = granter->index;
			return ledger__defer(ledger, &item);
		}
	}
	nr = pool__get(&ledger->table_reads);
	if (!nr)
		return -ENOMEM;
	read = pool__at(&ledger->table_reads, nr);
	*read = (struct table_read){.first = *at,
				    .last = span__in(at),
				    .frame = op->frame,
				    .older = *slot,
				    .flags = op->eflags,
				    .peer = op->peer,
				    .reader = reader->index};
	*slot = nr;
	trim(ledger, read);
	item.granter = granter->index;
	return ledger__defer(ledger, &item);
}

int ledger__enter_table_read(struct ledger *ledger, struct domain *domain,
			     const struct merge_event *event)
{
	const struct rec_batch *batch = (const void *)event->rec;
	const struct op_entry *op = rec__ops(event->rec);
	struct span at = span__from(&event->when, event->rec->flags & REC_F_NO_ENTRY);
	u32 i;

	for (i = 0; i < batch->nr; i++) {
		int err = enter_one(ledger, domain, &at, &op[i]);

		if (err)
			return err;
	}
	return 0;
}

void ledger__forget_table_reads(struct ledger *ledger, struct domain *domain)
{
	u32 c, i;

	for (c = 0; c < domain->nr_table_chunks; c++)
		for (i = 0; domain->table_reads[c] && i < REF_CHUNK; i++)
			forget(ledger, &domain->table_reads[c][i]);
}
