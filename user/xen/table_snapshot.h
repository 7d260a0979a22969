/* SPDX-License-Identifier: GPL-2.0 */
/* A table at one moment, and the changes between two moments. */
#ifndef GRANTWATCH_XEN_TABLE_SNAPSHOT_H
#define GRANTWATCH_XEN_TABLE_SNAPSHOT_H

#include "xen/table.h"

struct snapshot {
	struct table_size size;
	struct table_entry *entry; /* by ref, nr of them */
	u32 nr;
	u32 live;	   /* of them, granted */
	bool knows_status; /* whether entries show if they are mapped */
};

/*
 * Reads all of @domid's table and unmaps it. Returns 0, or -errno (table__why()). Uses 16 bytes for
 * each entry, freed by snapshot__cleanup().
 */
int snapshot__take(struct snapshot *snapshot, struct table_reader *reader, u16 domid);

/* The same for an open table. */
int snapshot__copy(struct snapshot *snapshot, struct table *table);
void snapshot__cleanup(struct snapshot *snapshot);

enum entry_change {
	ENTRY_SAME,
	ENTRY_GRANTED,
	ENTRY_FREED,
	ENTRY_REGRANTED, /* another frame, grantee or type */
	ENTRY_MAPPED,
	ENTRY_UNMAPPED,
	ENTRY_CHANGES,
};

/* Returns the change of @ref. A ref beyond a table's end counts as free. */
enum entry_change snapshot__compare(const struct snapshot *before, const struct snapshot *after,
				    u32 ref);

/* "granted", "freed", … */
const char *entry_change__name(enum entry_change change);

#endif
