/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Results of a monitor's run. Each start of watch is a part: the directories part-1, part-2, … have
 * the parts that were cut off, `current' the last one. They are combined to one report in each
 * format.
 */
#ifndef GRANTWATCH_CI_RESULTS_H
#define GRANTWATCH_CI_RESULTS_H

#include "util/types.h"

struct ci_results {
	u32 parts;    /* with the current one */
	u32 readable; /* of them: with results */
	/* the worst of all parts; for a part that was cut off, by its last checkpoint */
	int exit_status;
	u64 events, lost, findings;
	/* the monitor was killed at some time: events until its restart were not recorded */
	bool cut_off;
};

/* Reads the results in @dir. @cut_off: the current part was cut off too. */
void ci_results__read(struct ci_results *results, const char *dir, bool cut_off);

/*
 * Writes the reports of all parts to @dir/report.* and rates.json. Returns 0, or -1 after logging
 * the error.
 */
int ci_results__combine(const struct ci_results *results, const char *dir, bool soft);

/* Makes the current part, which has ended, a numbered one. Returns 0 or -errno. */
int ci_results__cut(const char *dir);

/*
 * Called before a new run: moves the results of an earlier one to @dir/previous. An older one with
 * captures of findings is kept as previous-1, -2 and so on. Returns 0 or -errno.
 */
int ci_results__put_away(const char *dir);

#endif
