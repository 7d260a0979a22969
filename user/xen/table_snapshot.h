/* SPDX-License-Identifier: GPL-2.0 */
/* A table as it was at one moment, and what has changed between two. */
#ifndef GRANTWATCH_XEN_TABLE_SNAPSHOT_H
#define GRANTWATCH_XEN_TABLE_SNAPSHOT_H

#include "xen/table.h"

struct snapshot {
	struct table_size size;
	struct table_entry *entry; /* of every ref, .nr of them */
	u32 nr;
	u32 live;	   /* of them, granted */
	bool knows_status; /* whether entries tell if they are mapped */
};

/*
 * All of @domid's table; it is not mapped any more when this returns. 0, or -errno as table__why()
 * explains it. 16 bytes an entry, to be given back with snapshot__cleanup().
 */
int snapshot__take(struct snapshot *snapshot, struct table_reader *reader, u16 domid);

/* The same of a table that is open. */
int snapshot__copy(struct snapshot *snapshot, struct table *table);
void snapshot__cleanup(struct snapshot *snapshot);

enum entry_change {
	ENTRY_SAME,
	ENTRY_GRANTED,
	ENTRY_FREED,
	ENTRY_REGRANTED, /* another frame, grantee or way */
	ENTRY_MAPPED,
	ENTRY_UNMAPPED,
	ENTRY_CHANGES,
};

/* What has become of @ref. A ref beyond a table's end is free. */
enum entry_change snapshot__compare(const struct snapshot *before, const struct snapshot *after,
				    u32 ref);

/* "granted", "freed", … */
const char *entry_change__name(enum entry_change change);

#endif
