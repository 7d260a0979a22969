/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Looks at a whole table again and again: how much of it is in use, and what has changed since the
 * last look. A page of entries that is as it was is compared as a whole and not taken apart, so a
 * look costs little more than reading the memory.
 */
#ifndef GRANTWATCH_XEN_TABLE_SCAN_H
#define GRANTWATCH_XEN_TABLE_SCAN_H

#include "xen/table.h"

struct scan;

struct scan_counts {
	u32 entries; /* of the table, as long as it is now */
	u32 live;    /* granted */
	u32 mapped;  /* of them, with Xen's mark; version 2 does not tell here */
	/*
	 * Since the first look. Of what changes and changes back between two looks nothing is seen:
	 * at least as many.
	 */
	u64 granted;   /* from free, or regranted */
	u64 freed;     /* to free, or regranted */
	u64 regranted; /* another frame, grantee or way, without having been seen free */
	u64 looks;
};

/* NULL without memory. */
struct scan *scan__new(void);
void scan__free(struct scan *scan);

/*
 * Look at @table, which must be the same at each look. 8 bytes of memory per entry of version 1, 16
 * of version 2. 0 or -ENOMEM.
 */
int scan__look(struct scan *scan, const struct table *table);

const struct scan_counts *scan__counts(const struct scan *scan);

#endif
