/* SPDX-License-Identifier: GPL-2.0 */
/* A line for each step, for people or as NDJSON. */
#ifndef GRANTWATCH_REPRO_REPORT_H
#define GRANTWATCH_REPRO_REPORT_H

#include <stdio.h>

#include "repro/script.h"
#include "repro/window.h"

struct repro_report {
	FILE *file;
	bool json;
	u64 start;
	u32 steps, unexpected;
	u32 round;  /* that was reached, from 1 */
	u32 rounds; /* rounds of the script; with many, the text has only unexpected steps */
};

struct report_step {
	u32 round, nr;
	const struct script_step *step;
	const struct outcome *out;
	const struct window *window; /* window whose refs are shown, or NULL */
	bool here;		     /* by a process of this domain */
	bool expected;
};

void report__begin(struct repro_report *report, const char *name, const struct script *script);
void report__step(struct repro_report *report, const struct report_step *line);
void report__end(struct repro_report *report, const char *name, bool ok);

#endif
