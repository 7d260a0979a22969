/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A run as tests, for CI: one for each class, and one for complete observation. JUnit and TAP print
 * the same tests.
 */
#ifndef GRANTWATCH_CHECKS_H
#define GRANTWATCH_CHECKS_H

#include "renderers/renderer.h"

enum check_state { CHECK_OK, CHECK_SKIPPED, CHECK_NOTED, CHECK_FAILED };

struct check {
	const char *name, *title;
	/* skipped: nothing found, with blind spots; noted: found in a soft run */
	enum check_state state;
	enum finding_class class; /* CLASS_MAX: the test for complete observation */
	u32 found;
};

#define NR_CHECKS (CLASS_MAX + 1)

void check__fill(struct check *check, const struct report *report, u32 i);

/* Writes why @check is skipped: the first blind spot of the run, and their number. */
void check__reason(const struct report *report, char *buf, size_t size);

/* Returns the report of this check's findings as text; NULL without memory. The caller frees it. */
char *check__report(const struct check *check, const struct report *report);

#endif
