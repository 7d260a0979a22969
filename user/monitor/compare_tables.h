/* SPDX-License-Identifier: GPL-2.0 */
/* The rates of two runs side by side, and which of them got worse. */
#ifndef GRANTWATCH_COMPARE_TABLES_H
#define GRANTWATCH_COMPARE_TABLES_H

#include "monitor/rates.h"

#define COMPARE_LINES 512

enum change {
	CHANGE_NONE,
	CHANGE_WORSE,
	CHANGE_BETTER,
	CHANGE_FEW,
	CHANGE_MORE, /* a different amount of work, neither better nor worse */
	CHANGE_LESS,
};

/* What a line compares. */
enum compared {
	COMPARE_CLASS,	  /* occurrences a second; more is worse */
	COMPARE_WORK,	  /* operations a second */
	COMPARE_COST,	  /* per cent of the operations; more is worse */
	COMPARE_DISTANCE, /* ns; less is worse */
};

struct compare_line {
	char what[64]; /* "blkfront grants", "stale-map", "gntalloc re-use p10" */
	enum compared compared;
	double before, after;
	u64 count[2];
	bool overlap; /* of a distance: the times of both runs are too similar to judge */
	enum change change;
};

struct comparison {
	const struct rates_table *before, *after;
	u32 threshold;
	struct compare_line line[COMPARE_LINES];
	u32 nr, worse;
	bool churn; /* blkfront grants and frees far more per map: it lost its persistent grants */
};

/*
 * Returns NULL without memory. @threshold: per cent. Rates of fewer than @floor events are not
 * judged.
 */
struct comparison *compare__tables(const struct rates_table *before,
				   const struct rates_table *after, u32 threshold, u32 floor);
void comparison__print(const struct comparison *comparison, FILE *out);
void comparison__print_json(const struct comparison *comparison, FILE *out);

#endif
