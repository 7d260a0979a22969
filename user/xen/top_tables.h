/* SPDX-License-Identifier: GPL-2.0 */
/* What `grantwatch top' shows: every domain's table, how full it is and how much happens in it. */
#ifndef GRANTWATCH_XEN_TOP_TABLES_H
#define GRANTWATCH_XEN_TOP_TABLES_H

#include <stdio.h>

#include "xen/table_scan.h"
#include "xen/xenstore.h"

#define TOP_LOOKS   10u /* a second, at each table */
#define TOP_DOMAINS 256u
#define TOP_WARN    90u /* per cent of what a table may grow to */

/* Of a running monitor's metrics. */
struct top_events {
	bool known;
	u64 maps, deferrals, lost; /* since it began */
};

struct top_row {
	u16 domid;
	bool seen; /* in the list of domains that was read last */
	bool own;  /* this domain's own table: only its size can be had */
	char name[XENSTORE_NAME_MAX];
	struct table *table; /* NULL: not open */
	struct scan *scan;
	struct table_size size;
	int err;		      /* why it can't be read, 0: it can */
	struct scan_counts now, then; /* at this screen and the one before */
	struct top_events events, events_then;
};

struct top {
	struct table_reader *reader;
	struct xenstore *xenstore;
	const char *metrics; /* file of a monitor, NULL: none */
	struct top_row row[TOP_DOMAINS];
	u32 nr;
	bool watched;	/* it is heard when a domain goes away */
	double seconds; /* between the last two screens */
};

/* NULL with errno set. @metrics: see above. */
struct top *top__new(const char *metrics);
void top__free(struct top *top);

/*
 * Find out which domains there are, and what a monitor counts. Once a screen, before top__turn().
 */
void top__refresh(struct top *top);

/* Look at every table. 0 or -ENOMEM. */
int top__look(struct top *top);

/*
 * The counts of now are what the next screen compares with; @seconds have passed since the last
 * one.
 */
void top__turn(struct top *top, double seconds);

/* How full @row's table is, in per cent of what it may grow to. */
u32 top_row__percent(const struct top_row *row);

/* 80 columns wide, @lines lines at most (0: all); fullest first. */
void top__print(const struct top *top, FILE *out, u32 lines);
void top__print_json(const struct top *top, FILE *out);

#endif
