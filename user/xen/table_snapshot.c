// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdlib.h>

#include "xen/table_snapshot.h"

#define MARKS ((u16)(ENTRY_READING | ENTRY_WRITING))

int snapshot__copy(struct snapshot *snapshot, struct table *table)
{
	u32 ref;

	*snapshot = (struct snapshot){.size = *table__size(table), .nr = table__nr_entries(table)};
	snapshot->entry = calloc(snapshot->nr + 1, sizeof(*snapshot->entry));
	if (!snapshot->entry)
		return -ENOMEM;
	/* Without the status the other members are still valid. */
	table__copy_status(table);
	snapshot->knows_status = table__knows_status(table);
	for (ref = 0; ref < snapshot->nr; ref++) {
		table__entry(table, ref, &snapshot->entry[ref]);
		snapshot->live += table_entry__is_live(&snapshot->entry[ref]);
	}
	return 0;
}

int snapshot__take(struct snapshot *snapshot, struct table_reader *reader, u16 domid)
{
	struct table *table;
	int err = table__open(reader, domid, &table);

	if (err)
		return err;
	err = snapshot__copy(snapshot, table);
	table__close(table);
	return err;
}

void snapshot__cleanup(struct snapshot *snapshot)
{
	free(snapshot->entry);
	*snapshot = (struct snapshot){0};
}

enum entry_change snapshot__compare(const struct snapshot *before, const struct snapshot *after,
				    u32 ref)
{
	static const struct table_entry none;
	const struct table_entry *a = ref < before->nr ? &before->entry[ref] : &none;
	const struct table_entry *b = ref < after->nr ? &after->entry[ref] : &none;

	if (table_entry__is_live(a) != table_entry__is_live(b))
		return table_entry__is_live(b) ? ENTRY_GRANTED : ENTRY_FREED;
	/* The old contents of free entries are ignored. */
	if (!table_entry__is_live(b))
		return ENTRY_SAME;
	if (a->frame != b->frame || a->peer != b->peer || (a->flags ^ b->flags) & (u16)~MARKS)
		return ENTRY_REGRANTED;
	if (!(a->flags & MARKS) == !(b->flags & MARKS))
		return ENTRY_SAME;
	return b->flags & MARKS ? ENTRY_MAPPED : ENTRY_UNMAPPED;
}

const char *entry_change__name(enum entry_change change)
{
	static const char *const names[ENTRY_CHANGES] = {"same",      "granted", "freed",
							 "regranted", "mapped",	 "unmapped"};

	return names[change];
}
