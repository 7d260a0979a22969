// SPDX-License-Identifier: GPL-2.0
/* Decodes entries. The guest may write them at any time, so each word is loaded once. */
#include "xen/table_internal.h"

/* struct grant_entry_v1, as one word: flags, domid, frame. */
static void decode_v1(const struct table *table, u32 ref, struct table_entry *entry)
{
	const u64 *part = table->part[ref / (TABLE_BATCH * TABLE_V1_PER_FRAME)];
	u64 word = READ_ONCE(part[ref % (TABLE_BATCH * TABLE_V1_PER_FRAME)]);

	entry->flags = (u16)(word & ~(u64)ENTRY_NO_MARKS);
	entry->peer = (u16)(word >> 16);
	entry->frame = word >> 32;
}

/*
 * union grant_entry_v2, full_page: flags, domid, padding; frame. The status is an array of its own.
 */
static void decode_v2(const struct table *table, u32 ref, struct table_entry *entry)
{
	const u64 *part = table->part[ref / (TABLE_BATCH * TABLE_V2_PER_FRAME)];
	const u64 *words = part + 2 * (size_t)(ref % (TABLE_BATCH * TABLE_V2_PER_FRAME));
	u64 head = READ_ONCE(words[0]);

	entry->flags = (u16)(head & ~(u64)(ENTRY_READING | ENTRY_WRITING | ENTRY_NO_MARKS));
	entry->peer = (u16)(head >> 16);
	entry->frame = READ_ONCE(words[1]);
	if (table->status && ref < table->nr_status)
		entry->flags |= table->status[ref] & (ENTRY_READING | ENTRY_WRITING);
	else
		entry->flags |= ENTRY_NO_MARKS;
}

u32 table__nr_entries(const struct table *table)
{
	return table->mapped * (table->size.version == 2 ? TABLE_V2_PER_FRAME : TABLE_V1_PER_FRAME);
}

bool table__entry(const struct table *table, u32 ref, struct table_entry *entry)
{
	if (ref >= table__nr_entries(table))
		return false;
	if (table->size.version == 2)
		decode_v2(table, ref, entry);
	else
		decode_v1(table, ref, entry);
	return true;
}

const struct table_size *table__size(const struct table *table)
{
	return &table->size;
}

const void *table__part(const struct table *table, u32 i, size_t *bytes)
{
	if (i >= table->nr_parts)
		return NULL;
	*bytes = (size_t)min(table->mapped - i * TABLE_BATCH, TABLE_BATCH) * TABLE_FRAME_BYTES;
	return table->part[i];
}

bool table__knows_status(const struct table *table)
{
	return table->size.version == 1 || table->status;
}
