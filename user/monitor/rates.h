/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Rates: numbers of events by domain and subsystem, and how soon freed refs were granted again.
 * Memory depends on the number of domains and refs, not on that of events.
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
 * Percentiles of the time from a free to the next grant of the ref, ns, by the freed grant's
 * subsystem.
 */
struct reuse {
	u64 count, p10, p50, p90;
};

struct rates_row {
	u16 domid; /* DOMID_UNKNOWN: all domains */
	enum kind kind;
	u64 count[RATE_MAX];
	struct reuse reuse;
};

#define RATES_ROWS 512

struct rates_table {
	double seconds; /* ns from the first event to the last */
	u64 lost;	/* lost events, and dropped descriptions: the counts may be too low */
	/* rows of all domains by kind, then rows of each domain */
	struct rates_row row[RATES_ROWS];
	u32 nr;
	u64 findings[CLASS_MAX]; /* occurrences */
	char kernels[160];	 /* the domains' kernels, "5.15.57, 6.1.0" */
};

/* Observes every event of @pipeline from now on. Returns NULL without memory. */
struct rates *rates__new(struct pipeline *pipeline);
void rates__free(struct rates *rates);

/* What it comes to so far. */
void rates__table(const struct rates *rates, const struct pipeline *pipeline,
		  struct rates_table *table);

/* Returns the row of all domains for @kind, NULL if there is none. */
const struct rates_row *rates_table__total(const struct rates_table *table, enum kind kind);

/*
 * Prints and reads one line of JSON (docs/json-schema.md). Reading returns 0, or -1 with the reason
 * in @why.
 */
void rates_table__print(const struct rates_table *table, FILE *out);
int rates_table__read(struct rates_table *table, const char *line, char *why, size_t size);

#endif
