/* SPDX-License-Identifier: GPL-2.0 */
#ifndef GRANTWATCH_XEN_TABLE_INTERNAL_H
#define GRANTWATCH_XEN_TABLE_INTERNAL_H

#include "xen/table.h"

/* maximum of frames in one request to Xen 4.14 */
#define TABLE_BATCH 32u

struct table {
	struct table_reader *reader; /* NULL: over the caller's memory */
	u16 domid;
	struct table_size size;
	u32 mapped; /* frames, TABLE_BATCH in each part but the last */
	const void **part;
	u32 nr_parts;
	u16 *status; /* version 2: a copy, NULL none */
	u32 nr_status;
	void **resource; /* handles, one a part */
};

/* table_file.c: the file named by the domid in @dir holds the frames of a table of version 1. */
int table_file__query(const char *dir, u16 domid, struct table_size *size);
int table_file__map(const char *dir, struct table *table, u32 first, u32 nr);
void table_file__unmap(const struct table *table, u32 part);

#endif
