/* SPDX-License-Identifier: GPL-2.0 */
/* The scripts that come with grantwatch. */
#ifndef GRANTWATCH_REPRO_SCENARIOS_H
#define GRANTWATCH_REPRO_SCENARIOS_H

#include <stdbool.h>

struct scenario {
	const char *name;
	const char *summary; /* one line */
	const char *script;  /* steps separated by ";" */
};

/* Ends with an entry without a name. */
extern const struct scenario scenarios[];

const struct scenario *scenario__find(const char *name);

/*
 * Prints scenario @name; NULL: all of them and the verbs. Returns the exit status. Logs an error if
 * there is no such scenario.
 */
int scenarios__list(const char *name, bool json);

#endif
