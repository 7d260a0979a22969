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

#endif
