/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Results of a monitor's run. Each time watch was started is a part: the directories part-1,
 * part-2, … hold those that were cut off, `current' the last one. Together they become one report
 * in each format.
 */
#ifndef GRANTWATCH_CI_RESULTS_H
#define GRANTWATCH_CI_RESULTS_H

#include "util/types.h"

struct ci_results {
	u32 parts;	 /* with the current one */
	u32 readable;	 /* of them: with results */
	int exit_status; /* the worst of them; of a cut off one by its last checkpoint */
	u64 events, lost, findings;
	bool cut_off; /* the monitor died at some time: what came meanwhile was not seen */
};

/* What is in @dir. @cut_off: the current part, too, did not end as told. */
void ci_results__read(struct ci_results *results, const char *dir, bool cut_off);

/* The reports of all parts as @dir/report.*, rates.json. 0, or -1 when that failed and was said. */
int ci_results__combine(const struct ci_results *results, const char *dir, bool soft);

/* The current part has ended: keep it as a numbered one, so that another can begin. 0 or -errno. */
int ci_results__cut(const char *dir);

/*
 * Before a new run: what an earlier one left goes to @dir/previous. What was there is kept as
 * previous-1, -2 and so on if it has captures of findings. 0 or -errno.
 */
int ci_results__put_away(const char *dir);

#endif
