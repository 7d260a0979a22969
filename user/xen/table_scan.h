/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Repeated scans of a whole table: how much of it is in use, and what changed. An unchanged page of
 * entries is compared as a whole, so a scan costs little more than reading the memory.
 */
#ifndef GRANTWATCH_XEN_TABLE_SCAN_H
#define GRANTWATCH_XEN_TABLE_SCAN_H

#include "xen/table.h"

struct scan;

struct scan_counts {
	u32 entries; /* entries in the table's present size */
	u32 live;    /* granted */
	u32 mapped;  /* live ones with Xen's mark; 0 in version 2 */
	/*
	 * Since the first scan. Lower bounds: a change that is undone between two scans goes
	 * unnoticed.
	 */
	u64 granted;   /* from free, or regranted */
	u64 freed;     /* to free, or regranted */
	u64 regranted; /* another frame, grantee or type, without having been found free */
	u64 looks;
};

/* NULL without memory. */
struct scan *scan__new(void);
void scan__free(struct scan *scan);

/*
 * Scans @table, which must be the same each time. Uses 8 bytes of memory per entry of version 1, 16
 * of version 2. Returns 0 or -ENOMEM.
 */
int scan__look(struct scan *scan, const struct table *table);

const struct scan_counts *scan__counts(const struct scan *scan);

#endif
