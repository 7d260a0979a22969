/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much of what happened, by domain and subsystem: counts, and how soon a ref that was freed was
 * granted again. Memory follows the number of domains and refs, never that of events.
 */
#ifndef GRANTWATCH_RATES_H
#define GRANTWATCH_RATES_H

#include <stdio.h>

#include "model/kinds.h"
#include "rules/classes.h"
#include "util/types.h"

struct pipeline;
struct rates;

/* X(symbol, key, what) */
#define RATES(X)                                                                  \
	X(GRANTS, "grants", "refs granted")                                       \
	X(FREES, "frees", "ends of access that succeeded")                        \
	X(REFUSED, "refused_ends", "ends of access refused: still mapped")        \
	X(DEFERRALS, "deferrals", "refused ends that the kernel keeps for later") \
	X(MAPS, "maps", "refs mapped")                                            \
	X(UNMAPS, "unmaps", "refs unmapped")                                      \
	X(FAILED_MAPS, "failed_maps", "maps that Xen refused")

enum rate {
#define RATE_ENUM(symbol, key, what) RATE_##symbol,
	RATES(RATE_ENUM)
#undef RATE_ENUM
		RATE_MAX,
};

const char *rate__key(enum rate rate);
const char *rate__what(enum rate rate);

/*
 * Percentiles of the time from a free to the next grant of the ref, in ns, by whose grant had been
 * freed.
 */
struct reuse {
	u64 count, p10, p50, p90;
};

struct rates_row {
	u16 domid; /* DOMID_UNKNOWN: of all domains */
	enum kind kind;
	u64 count[RATE_MAX];
	struct reuse reuse;
};

#define RATES_ROWS 512

struct rates_table {
	double seconds;			  /* from the first event to the last */
	u64 lost;			  /* events: the counts may be too low */
	struct rates_row row[RATES_ROWS]; /* all domains' by kind, then each domain's */
	u32 nr;
	u64 findings[CLASS_MAX]; /* occurrences */
	char kernels[160];	 /* of the domains, "5.15.57, 6.1.0" */
};

/* NULL when memory is short. It sees every event of @pipeline from now on. */
struct rates *rates__new(struct pipeline *pipeline);
void rates__free(struct rates *rates);

/* What it comes to so far. */
void rates__table(const struct rates *rates, const struct pipeline *pipeline,
		  struct rates_table *table);

/* The row of all domains for @kind, NULL if there is none. */
const struct rates_row *rates_table__total(const struct rates_table *table, enum kind kind);

/* One line of JSON, docs/json-schema.md; and back: 0, or -1 with @why when it is not one. */
void rates_table__print(const struct rates_table *table, FILE *out);
int rates_table__read(struct rates_table *table, const char *line, char *why, size_t size);

#endif
