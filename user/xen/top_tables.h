/* SPDX-License-Identifier: GPL-2.0 */
/* What `grantwatch top' shows: every domain's table, its use and its rate of changes. */
#ifndef GRANTWATCH_XEN_TOP_TABLES_H
#define GRANTWATCH_XEN_TOP_TABLES_H

#include <stdio.h>

#include "xen/table_scan.h"
#include "xen/xenstore.h"

#define TOP_LOOKS   10u /* a second, at each table */
#define TOP_DOMAINS 256u
#define TOP_WARN    90u /* per cent of a table's limit above which it is marked */

/* From a running monitor's metrics. */
struct top_events {
	bool known;
	u64 maps, deferrals, lost; /* since it began */
};

struct top_row {
	u16 domid;
	bool seen; /* in the last list of domains */
	bool own;  /* this domain's own table, of which only the size is known */
	char name[XENSTORE_NAME_MAX];
	struct table *table; /* NULL: not open */
	struct scan *scan;
	struct table_size size;
	int err;		      /* error of the last attempt to read it, 0 none */
	struct scan_counts now, then; /* at present, and at the last top__turn() */
	struct top_events events, events_then;
	double grants, frees, maps; /* a second, between the last two of them */
};

struct top {
	struct table_reader *reader;
	struct xenstore *xenstore;
	const char *metrics; /* a monitor's metrics file, NULL none */
	struct top_row row[TOP_DOMAINS];
	u32 nr;
	bool watched; /* the end of domains is noticed */
};

/* Returns NULL with errno set. @metrics: a monitor's metrics file, may be NULL. */
struct top *top__new(const char *metrics);
void top__free(struct top *top);

/* Updates the list of domains and the monitor's counters; before top__turn(). */
void top__refresh(struct top *top);

/* Scans every table. Returns 0 or -ENOMEM. */
int top__look(struct top *top);

/* Computes the rates of the last @seconds, and starts the next screen. */
void top__turn(struct top *top, double seconds);

/* Returns how full @row's table is, in per cent of its limit. */
u32 top_row__percent(const struct top_row *row);

#endif
