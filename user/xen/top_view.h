/* SPDX-License-Identifier: GPL-2.0 */
/* How `grantwatch top' shows its domains: order, filter, and the keys that change them. */
#ifndef GRANTWATCH_XEN_TOP_VIEW_H
#define GRANTWATCH_XEN_TOP_VIEW_H

#include <stdio.h>

#include "xen/top_tables.h"

/* --sort; names in top_sort_names[]. */
enum top_sort { SORT_FULL, SORT_GRANTED, SORT_MAPPED, SORT_RATE, SORT_DOMID, SORT_NAME };

extern const char *const top_sort_names[];

struct top_view {
	enum top_sort sort;
	char filter[XENSTORE_NAME_MAX]; /* part of a name, or "d5"; empty: all domains */
	bool typing;			/* keys go into the filter */
};

/* Returns whether the typed @keys, @nr bytes, ask for the end. */
bool top_view__type(struct top_view *view, const char *keys, u32 nr);

/* Describes order, filter and keys in one line. */
void top_view__status(const struct top_view *view, char *buf, size_t size);

/* Prints up to @lines lines (0: all) of 80 columns. */
void top__print(const struct top *top, const struct top_view *view, FILE *out, u32 lines);
void top__print_json(const struct top *top, const struct top_view *view, FILE *out);

#endif
